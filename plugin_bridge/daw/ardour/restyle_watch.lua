ardour {
  ["type"] = "EditorHook",
  name = "Restyle: bring results in by themselves",
  author = "The Restyle authors",
  license = "GPL-3.0-or-later",
  description = [[Every few seconds while the transport stands still: what "Restyle: fetch results" does. It saves the session when something came in.]]
}

-- An EditorHook, for Ardour runs scripts of the type "session" in the audio thread, without files.
function signals ()
  return LuaSignal.Set ():add ({ [LuaSignal.LuaTimerS] = true })
end

function factory ()
  local EVERY = 5 -- seconds
  local seconds = 0

  return function ()
    seconds = seconds + 1
    if seconds < EVERY or not Session or Session:transport_rolling () then return end
    seconds = 0
    local path = ARDOUR.LuaAPI.build_filename (ARDOUR.user_config_directory (-1), "scripts", "restyle_fetch.lua")
    local script = setmetatable ({ ardour = function () end }, { __index = _ENV })
    local load_script = loadfile (path, "t", script)
    if load_script then
      load_script ()
      local fine, problem = pcall (script.factory ({ quiet = true }))
      if not fine then print (problem) end
    end
  end
end
