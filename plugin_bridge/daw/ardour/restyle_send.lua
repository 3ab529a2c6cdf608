ardour {
  ["type"] = "EditorAction",
  name = "Restyle: send selected tracks",
  author = "The Restyle authors",
  license = "GPL-3.0-or-later",
  description = [[Renders the selected audio tracks and sends them to "restyle serve". "Restyle: fetch results" brings them back, restyled, as tracks of their own.]]
}

-- Ardour keeps only what is inside factory(), and looks at it once without "io" and "os".
function factory () return function ()

if not io then
  return LuaDialog.Message ("Restyle", "This Ardour keeps scripts from files: switch the sandbox of Lua scripts off in its preferences.",
    LuaDialog.MessageType.Error, LuaDialog.ButtonType.Close):run ()
end
-- {name, label, family}; restyle install-daw replaces the next line by all presets and chains
local PRESETS = { {"violin", "Violin", "Strings"} } --@presets
local ENGINES = { "sampler", "infinite", "random_cnn_1d", "random_cnn_2d", "vgg19", "vggish", "cnn14" }
local PORT = os.getenv ("RESTYLE_PORT") or "9471"
local TITLE = "Restyle: send selected tracks"
local CHAINS = "Chains" -- the family of chains
local BLOCK = 8192 -- samples

local folder = ARDOUR.LuaAPI.build_filename (Session:path (), "externals")

local function say (text, kind)
  LuaDialog.Message (TITLE, text, kind or LuaDialog.MessageType.Info, LuaDialog.ButtonType.Close):run ()
end

-- For file names: of any text, what is safe on every disk.
local function plain (text)
  local safe = text:gsub ("[^A-Za-z0-9]+", "-"):gsub ("^-+", ""):sub (1, 40):gsub ("-+$", "")
  return safe == "" and "track" or safe
end

-- A path's last part, without its suffix.
local function base (path)
  local name = path:match ("[^/\\]*$")
  return name:match ("^(.+)%.[^.]*$") or name
end

-- What the user has chosen: {label: of the style, preset, or else style: a clip's path, engine: "" for
-- the usual one, percent: of strength, own: "own" if that is left to a chain}; nil: changed their mind.
local function ask ()
  local menu, engines, chains = {}, {}, {}
  for _, engine in ipairs (ENGINES) do engines[engine] = engine end
  for _, preset in ipairs (PRESETS) do
    local name, label, family = table.unpack (preset)
    menu[family] = menu[family] or {}
    menu[family][label] = name
    chains[name] = family == CHAINS
  end
  local answer = LuaDialog.Dialog (TITLE, {
    { type = "dropdown", key = "preset", title = "Preset", values = menu, default = "Violin" },
    { type = "entry", key = "own", title = "or the name of your own", default = "" },
    { type = "file", key = "clip", title = "or a clip of your own" },
    { type = "dropdown", key = "engine", title = "Engine", values = engines, default = ENGINES[1] },
    { type = "slider", key = "percent", title = "Strength in % (50 suits engines but sampler)", min = 0, max = 100, digits = 0, default = 100 },
  }):run ()
  if not answer then return nil end
  local chosen = { preset = "", style = answer.clip, percent = math.floor (answer.percent + 0.5) }
  chosen.engine = answer.engine == ENGINES[1] and "" or answer.engine
  if chosen.style == "" then
    chosen.preset = answer.own:match ("%S") and answer.own:match ("^%s*(.-)%s*$") or answer.preset
  end
  chosen.own = chains[chosen.preset] and chosen.percent == 100 and "own" or ""
  chosen.label = chosen.style == "" and chosen.preset or base (chosen.style)
  return chosen
end

-- From the start of the first region to the end of the last, in samples; nil: nothing there.
local function extent (track)
  local from, to = math.huge, 0
  for region in track:playlist ():region_list ():iter () do
    local start = region:position ():samples ()
    from, to = math.min (from, start), math.max (to, start + region:length ():samples ())
  end
  if from < to then return from, to end
end

-- Ardour records every channel in a file of its own: join them as one WAV of 32-bit floats.
local function join (region, path)
  local source = region:to_audioregion ():to_readable ()
  local channels, frames, rate = source:n_channels (), source:readable_length (), math.tointeger (Session:nominal_sample_rate ())
  local size, step = channels * frames * 4, channels * 4
  if size > 0xffffff00 then return "it is too long for one WAV file" end
  local file, problem = io.open (path, "wb")
  if not file then return problem end
  local well = file:write (string.pack ("<c4I4c4c4I4I2I2I4I4I2I2c4I4", "RIFF", 36 + size, "WAVE", "fmt ", 16,
    3, channels, rate, rate * step, step, 32, "data", size))
  local memory, all = ARDOUR.DSP.DspShm (BLOCK), {}
  for position = 0, frames - 1, BLOCK do
    local count = math.min (BLOCK, frames - position)
    for channel = 1, channels do
      source:read (memory:to_float (0), position, count, channel - 1)
      for i, value in ipairs (memory:to_float (0):get_table (count)) do all[(i - 1) * channels + channel] = value end
    end
    for first = 1, count * channels, 128 do
      local last = math.min (first + 127, count * channels)
      well = well and file:write (string.pack ("<" .. ("f"):rep (last - first + 1), table.unpack (all, first, last)))
    end
  end
  if not (file:close () and well) then
    os.remove (path)
    return "its stem could not be written: is the disk full?"
  end
end

-- Render one track, as it is heard before its panner, and send it; or say why not.
local function send (track, server, chosen)
  local from, to = extent (track)
  if not from then return "it is empty" end
  local name = ("%s-%d"):format (plain (track:name ()), os.time ())
  local region = track:bounce_range (from, to, ARDOUR.InterThreadInfo (), track:main_outs (), false, name)
  if region:isnil () then return "Ardour could not render it" end
  local job = ("ardour-%d-%s"):format (os.time (), region:to_stateful ():id ():to_s ())
  local stem = region:source (0):to_filesource ():path ()
  if region:to_audioregion ():n_channels () > 1 or not stem:match ("%.wav$") then
    stem = ARDOUR.LuaAPI.build_filename (folder, ("%s-%s.wav"):format (plain (track:name ()), job))
    local problem = join (region, stem)
    if problem then return problem end
  end
  local out = ("%s-%s-%s.wav"):format (plain (track:name ()), plain (chosen.label), job)
  -- Noted first, for fetch; a line each, in the session's folder.
  local note, problem = io.open (ARDOUR.LuaAPI.build_filename (folder, "restyle.txt"), "a")
  if not note then return problem end
  local fields = { "sent", job, stem, out, chosen.label, chosen.percent, from, track:to_stateful ():id ():to_s (),
    os.time (), track:name (), chosen.style, chosen.engine, chosen.own }
  for i, field in ipairs (fields) do fields[i] = tostring (field):gsub ("%c", " ") end
  note:write (table.concat (fields, "\t"), "\n")
  note:close ()
  local more = {} -- fetch may send all of this again, word for word
  if chosen.own == "" then more = { "strength", chosen.percent / 100 } end
  local types = "ssss" .. ("sf"):sub (1, #more)
  for _, key in ipairs { "style", "engine" } do
    if chosen[key] ~= "" then table.move ({ key, chosen[key] }, 1, 2, #more + 1, more) end
  end
  server:send ("/restyle/submit", types .. ("s"):rep (4 + #more - #types), job, stem,
    ARDOUR.LuaAPI.build_filename (folder, out), chosen.preset, table.unpack (more))
end

local tracks, skipped = {}, {}
for route in Editor:get_selection ().tracks:routelist ():iter () do
  local track = route:to_track ()
  if track:isnil () or track:to_audio_track ():isnil () then
    skipped[#skipped + 1] = route:name () .. ": it is no audio track"
  else
    tracks[#tracks + 1] = track
  end
end
if #tracks == 0 then return say ("Select the audio tracks to restyle first.") end
if Session:transport_rolling () then return say ("Stop the transport first.") end
local chosen = ask ()
if not chosen then return end

local server, sent = ARDOUR.LuaOSC.Address ("osc.udp://127.0.0.1:" .. PORT), {}
for _, track in ipairs (tracks) do
  local problem = send (track, server, chosen)
  if problem then skipped[#skipped + 1] = track:name () .. ": " .. problem else sent[#sent + 1] = track:name () end
end

local text = {}
if #sent > 0 then
  local parent = Session:path ():match ("^(.*[^/\\])[/\\]+[^/\\]+[/\\]*$") or Session:path ()
  local how = chosen.own ~= "" and chosen.label or ("%s at %d %%"):format (chosen.label, chosen.percent)
  text = {
    ("Sent to the Restyle server (port %s), for %s: %s"):format (PORT, how, table.concat (sent, ", ")), "",
    "In a while, choose \"Restyle: fetch results\".", "",
    "The server has to be running. If it is not, start it in a terminal:",
    ("restyle serve --root '%s'"):format (parent:gsub ("'", "'\\''")),
  }
  if chosen.style ~= "" then text[#text + 1] = "\nThe clip has to be in that folder, too, or in another --root: " .. chosen.style end
end
if #skipped > 0 then text[#text + 1] = (#sent > 0 and "\n" or "") .. "Not sent:\n" .. table.concat (skipped, "\n") end
say (table.concat (text, "\n"), #skipped > 0 and LuaDialog.MessageType.Warning or nil)

end end
