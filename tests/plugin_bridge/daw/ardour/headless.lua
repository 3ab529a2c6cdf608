-- What Ardour's window has and ardour7-lua lacks, as far as the scripts use it.
-- ARDOUR_SCRIPTS is the folder of the scripts; SELECTED the tracks that are selected;
-- ANSWER what the user answers in the next dialog (nil: cancels it).

AudioEngine:set_backend ("None (Dummy)", "Unit-Test", "")

-- For the test: one line, fields between tabs.
function tell (...) io.write (table.concat ({ ... }, "\t"), "\n") end

SETTLE = 0.5 -- seconds: faders begin at silence and glide to where they are

function add_track (name, channels)
  return Session:new_audio_track (channels, 2, nil, 1, name, ARDOUR.PresentationInfo.max_order,
    ARDOUR.TrackMode.Normal, true):front ():to_track ()
end

Editing = { ImportDistinctFiles = "distinct", ImportAsTrack = "track" }

Editor = {}

function Editor:get_selection ()
  return { tracks = { routelist = function ()
    return { iter = function ()
      local i = 0
      return function () i = i + 1 return SELECTED[i] end
    end }
  end } }
end

-- As Ardour's: wherever the track is given, the file lands on it.
function Editor:do_import (files, disposition, mode, quality, names, tempo, position, instrument, track, markers)
  assert (disposition == "distinct" and mode == "track" and quality and names and tempo and instrument and markers == false)
  for path in files:iter () do
    local original, copy = assert (io.open (path, "rb")), assert (io.open (Session:path () .. "/externals/import.wav", "wb"))
    copy:write (original:read ("a"))
    copy:close ()
    sleep (SETTLE)
    local player = ARDOUR.LuaAPI.new_luaproc (Session, "Restyle Test Import")
    assert (not player:isnil (), "the import script is not installed")
    track:add_processor_by_index (player, 0, nil, true)
    local length = ARDOUR.Readable.load (Session, path):table ()[1]:readable_length ()
    local region = track:bounce_range (0, length, ARDOUR.InterThreadInfo (), player, true, path:match ("([^/]+)%.wav$"))
    track:remove_processor (player, nil, true)
    track:playlist ():add_region (region, position, 1, false, 0, 0, false)
  end
end

LuaDialog = { MessageType = { Info = "info", Warning = "warning", Error = "error" }, ButtonType = { Close = "close" } }

function LuaDialog.Message (title, text, kind, button)
  assert (title and text and kind and button == "close")
  return { run = function () tell ("SAID", kind, (text:gsub ("\n", "|"))) end }
end

function LuaDialog.Dialog (title, widgets)
  return { run = function ()
    for _, widget in ipairs (widgets) do
      local values = widget.values
      if widget.type == "dropdown" then assert (values[widget.default] or values.Strings[widget.default]) end
    end
    return ANSWER
  end }
end

-- Load a script as Ardour does: only the bytecode of factory() is kept, which it calls once
-- without "io" and "os" to see whether it is sound.
function action (name, params)
  ardour = function () end
  dofile (ARDOUR_SCRIPTS .. "/" .. name .. ".lua")
  local code = string.dump (factory, true)
  local bare = setmetatable ({}, { __index = function (_, key) if key ~= "io" and key ~= "os" then return _ENV[key] end end })
  load (code, name, "b", bare) (params)
  return load (code, name, "b") (params)
end

function import (track, path, position)
  local files = C.StringVector ()
  files:push_back (path)
  Editor:do_import (files, "distinct", "track", 0, 0, 0, Temporal.timepos_t (position), ARDOUR.PluginInfo (), track, false)
end

function tell_tracks ()
  for route in Session:get_tracks ():iter () do
    for region in route:to_track ():playlist ():region_list ():iter () do
      tell ("TRACK", route:name (), region:name (), region:position ():samples (), region:length ():samples ())
    end
  end
end

-- close_session() and os.exit() are apt to crash once Lua has held objects of the session.
function finish ()
  tell ("FINISHED")
  io.stdout:flush ()
  os.execute ("kill -KILL $PPID")
end
