ardour {
  ["type"] = "EditorAction",
  name = "Restyle: fetch results",
  author = "The Restyle authors",
  license = "GPL-3.0-or-later",
  description = [[Brings in what "restyle serve" has finished, each stem on a track of its own at its place on the timeline, and saves the session.]]
}

-- Ardour keeps only what is inside factory(), and looks at it once without "io" and "os".
-- params.quiet: speak only of failures ("Restyle: bring results in by themselves" sets it).
function factory (params) return function ()

if not io then
  return LuaDialog.Message ("Restyle", "This Ardour keeps scripts from files: switch the sandbox of Lua scripts off in its preferences.",
    LuaDialog.MessageType.Error, LuaDialog.ButtonType.Close):run ()
end
local PORT = os.getenv ("RESTYLE_PORT") or "9471"
local TITLE = "Restyle: fetch results"
local PATIENCE = 60 -- seconds: one import may take so long, and so may an answer

local quiet = params and params.quiet
local folder = ARDOUR.LuaAPI.build_filename (Session:path (), "externals")
local notes = ARDOUR.LuaAPI.build_filename (folder, "restyle.txt")

local function say (text, kind)
  LuaDialog.Message (TITLE, text, kind or LuaDialog.MessageType.Info, LuaDialog.ButtonType.Close):run ()
end

local function read (path)
  local file = io.open (path, "rb")
  if not file then return nil end
  local text = file:read ("a")
  file:close ()
  return text
end

-- The stems that were sent and have not ended, in the order they were sent; and whether the
-- other script is importing right now: Ardour goes on with its timers and menus meanwhile.
local function open_jobs ()
  local jobs, ended, busy = {}, {}, 0
  for line in (read (notes) or ""):gmatch ("[^\n]+") do
    local f = {}
    for field in (line .. "\t"):gmatch ("([^\t]*)\t") do f[#f + 1] = field end
    if f[1] == "sent" and #f >= 10 then -- earlier ones have no clip, no engine and no chain
      jobs[#jobs + 1] = { job = f[2], stem = f[3], out = ARDOUR.LuaAPI.build_filename (folder, f[4]),
        preset = (f[11] or "") == "" and f[5] or "", style = f[11] or "", engine = f[12] or "", own = f[13] or "",
        strength = f[6] / 100, position = math.tointeger (tonumber (f[7])), track = f[8], time = tonumber (f[9]),
        title = ("%s (%s)"):format (f[10], f[5]) }
    elseif f[1] == "ended" then
      ended[f[2]] = true
    elseif f[1] == "busy" then
      busy = tonumber (f[2])
    end
  end
  local open = {}
  for _, job in ipairs (jobs) do
    if not ended[job.job] then open[#open + 1] = job end
  end
  return open, os.time () - busy < PATIENCE
end

local function note (line)
  local file = assert (io.open (notes, "a"))
  file:write (line, "\n")
  file:close ()
end

-- The server's word on a job: "done", or "failed" and the reason; nil while there is none.
local function answer (job)
  local text = read (job.out .. ".json")
  if not text then return nil end
  text = text:gsub ("\\(.)", { ['"'] = "\1", ["\\"] = "\2", n = " ", r = " ", t = " ", ["/"] = "/" })
  local reason = text:match ('"error": *"([^"]*)"') or ""
  return text:match ('"state": *"(%a+)"'), (reason:gsub ("\1", '"'):gsub ("\2", "\\"))
end

-- A track with the result on it, below the track that was sent; or the reason why there is none.
local function bring_in (job)
  local channels = #ARDOUR.Readable.load (Session, job.out):table ()
  if channels == 0 then return "there is no sound in " .. job.out end
  local order, outs = ARDOUR.PresentationInfo.max_order, 2
  local origin = Session:route_by_id (PBD.ID (job.track))
  if not origin:isnil () then
    order, outs = origin:presentation_info_ptr ():order () + 1, origin:n_outputs ():n_audio ()
  end
  local made = Session:new_audio_track (channels, outs, nil, 1, job.title, order, ARDOUR.TrackMode.Normal, true)
  if made:empty () then return "Ardour could not make a track" end
  local track = made:front ():to_track ()
  local files = C.StringVector ()
  files:push_back (job.out)
  Editor:do_import (files, Editing.ImportDistinctFiles, Editing.ImportAsTrack, ARDOUR.SrcQuality.SrcBest,
    ARDOUR.MidiTrackNameSource.SMFTrackName, ARDOUR.MidiTempoMapDisposition.SMFTempoIgnore,
    Temporal.timepos_t (job.position), ARDOUR.PluginInfo (), track, false)
  if track:playlist ():empty () then return "its track is empty, for Ardour did not import " .. job.out end
  for region in track:playlist ():region_list ():iter () do region:set_name (job.title) end
end

if Session:actively_recording () then return quiet or say ("Stop recording first.") end

local jobs, busy = open_jobs ()
if busy then return quiet or say ("Results are being fetched already.") end
local server = ARDOUR.LuaOSC.Address ("osc.udp://127.0.0.1:" .. PORT)
local done, failed, waiting, long = {}, {}, 0, false
for _, job in ipairs (jobs) do
  local state, reason = answer (job)
  if state == "done" then
    note ("ended\t" .. job.job .. "\nbusy\t" .. os.time ()) -- first, so that nothing can come in twice
    local well, problem = pcall (bring_in, job)
    if not well then problem = "Ardour could not read " .. job.out end
    note ("busy\t0")
    if problem then
      failed[#failed + 1] = job.title .. ": " .. problem
    else
      done[#done + 1] = job.title
    end
  elseif state == "failed" then
    note ("ended\t" .. job.job)
    failed[#failed + 1] = job.title .. ": " .. reason
  else
    waiting, long = waiting + 1, long or os.time () - job.time > PATIENCE
    -- A server that has the job takes no notice; one that was not running then gets it here.
    local more = {}
    if job.own == "" then more = { "strength", job.strength } end -- else the chain's own
    local types = "ssss" .. ("sf"):sub (1, #more)
    for _, key in ipairs { "style", "engine" } do
      if job[key] ~= "" then table.move ({ key, job[key] }, 1, 2, #more + 1, more) end
    end
    server:send ("/restyle/submit", types .. ("s"):rep (4 + #more - #types), job.job, job.stem, job.out,
      job.preset, table.unpack (more))
  end
end
-- The notes say that these are here: so must the session on disk.
if #done > 0 then Session:save_state ("", false, false, false, false, false) end

if quiet and #failed == 0 then return end
local text = {}
local function add (line) text[#text + 1] = line end
if #jobs == 0 then add ("Nothing is on its way: choose tracks and \"Restyle: send selected tracks\" first.") end
if #done > 0 then add (("Here, and the session is saved: %s"):format (table.concat (done, ", "))) end
if #failed > 0 then add ("Failed:\n" .. table.concat (failed, "\n")) end
if waiting > 0 then add (("Still to come: %d. Fetch again later."):format (waiting)) end
if long then
  local parent = Session:path ():match ("^(.*[^/\\])[/\\]+[^/\\]+[/\\]*$") or Session:path ()
  add (("Sent more than a minute ago. If nothing comes: is the preset's name right, and is the server running? "
    .. "Start it in a terminal:\nrestyle serve --root '%s'"):format (parent:gsub ("'", "'\\''")))
end
say (table.concat (text, "\n\n"), #failed > 0 and LuaDialog.MessageType.Error or nil)

end end
