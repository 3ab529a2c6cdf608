ardour {
  ["type"] = "EditorAction",
  name = "Restyle: cancel",
  author = "The Restyle authors",
  license = "GPL-3.0-or-later",
  description = [[Cancels every stem of this session that "restyle serve" has not finished.]]
}

-- Ardour keeps only what is inside factory(), and looks at it once without "io" and "os".
function factory () return function ()

local PORT = os.getenv ("RESTYLE_PORT") or "9471"
local folder = ARDOUR.LuaAPI.build_filename (Session:path (), "externals")
local notes = ARDOUR.LuaAPI.build_filename (folder, "restyle.txt")

-- What is finished is left for fetch.
local waiting, file = {}, io.open (notes, "rb")
if file then
  for line in file:lines () do
    local kind, job, out = line:match ("^(%a+)\t([^\t]*)\t?[^\t]*\t?([^\t]*)")
    if kind == "ended" then
      waiting[job] = nil
    elseif kind == "sent" then
      local answer = io.open (ARDOUR.LuaAPI.build_filename (folder, out .. ".json"))
      if answer then answer:close () else waiting[job] = true end
    end
  end
  file:close ()
end

local server, count = ARDOUR.LuaOSC.Address ("osc.udp://127.0.0.1:" .. PORT), 0
for job in pairs (waiting) do
  server:send ("/restyle/cancel", "s", job)
  local note = assert (io.open (notes, "a"))
  note:write ("ended\t", job, "\n")
  note:close ()
  count = count + 1
end
LuaDialog.Message ("Restyle: cancel", count > 0 and ("Cancelled: %d."):format (count) or "Nothing is on its way.",
  LuaDialog.MessageType.Info, LuaDialog.ButtonType.Close):run ()

end end
