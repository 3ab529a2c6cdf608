-- As much of Reaper as the script uses: a project, a window, and a user who reads and clicks.
--
-- Every call is checked against the functions' published signatures (ReaScript documentation);
-- calling another function, or one with other arguments, is an error. ExecProcess really runs the
-- command, split into arguments as Reaper on macOS and Linux does it.
--
-- lua stand_in.lua SCRIPT SCENE     a scene is a Lua file that returns a table, see test_reaper.py
-- What came of it is printed as a line of JSON.

local SCRIPT, SCENE = arg[1], dofile(arg[2])

-- What was published --------------------------------------------------------------------------

local SIGNATURES = {
  AddMediaItemToTrack = "track",
  AddTakeToMediaItem = "item",
  CountSelectedMediaItems = "project",
  CountTakeEnvelopes = "take",
  EnumProjects = "integer string?",
  ExecProcess = "string integer",
  GetActiveTake = "item",
  GetExtState = "string string",
  GetMediaItemInfo_Value = "item string",
  GetMediaItemTakeInfo_Value = "take string",
  GetMediaItemTake_Source = "take",
  GetMediaItem_Track = "item",
  GetMediaSourceFileName = "source string?",
  GetMediaSourceParent = "source",
  GetMediaSourceType = "source string?",
  GetMediaTrackInfo_Value = "track string",
  GetOS = "",
  GetProjectPath = "string?",
  GetResourcePath = "",
  GetSelectedMediaItem = "project integer",
  GetSetMediaItemTakeInfo_String = "take string string boolean",
  GetSetMediaTrackInfo_String = "track string string boolean",
  GetSetProjectInfo = "project string number boolean",
  GetSetProjectInfo_String = "project string string boolean",
  GetTakeNumStretchMarkers = "take",
  GetUserFileNameForRead = "string string string",
  GetTrack = "project integer",
  InsertTrackAtIndex = "integer boolean",
  MB = "string string integer",
  Main_OnCommand = "integer integer",
  PCM_Source_CreateFromFile = "string",
  RecursiveCreateDirectory = "string integer",
  SelectAllMediaItems = "project boolean",
  SetActiveTake = "take",
  SetExtState = "string string string boolean",
  SetMediaItemInfo_Value = "item string number",
  SetMediaItemSelected = "item boolean",
  SetMediaItemTakeInfo_Value = "take string number",
  SetMediaItemTake_Source = "take source",
  TakeFX_CopyToTake = "take integer take integer boolean",
  TakeFX_GetCount = "take",
  TakeIsMIDI = "take",
  Undo_BeginBlock2 = "project",
  Undo_EndBlock2 = "project string integer",
  UpdateArrange = "",
  ValidatePtr2 = "project any string",
  atexit = "function",
  defer = "function",
  file_exists = "string",
  genGuid = "string?",
  get_action_context = "",
  time_precise = "",
}

local GFX_SIGNATURES = {
  drawstr = "string integer? number? number?",
  getchar = "integer?",
  init = "string number? number? number? number? number?",
  measurestr = "string",
  quit = "",
  rect = "number number number number number?",
  set = "number number? number? number? number? number? number?",
  setfont = "integer string? number? number?",
  showmenu = "string",
  update = "",
}

-- Attributes with their documented names.
local ITEM_VALUES = { D_POSITION = true, D_LENGTH = true, B_MUTE = true }
local TAKE_VALUES = {
  D_STARTOFFS = true, D_VOL = true, D_PAN = true, D_PANLAW = true, D_PLAYRATE = true,
  D_PITCH = true, B_PPITCH = true, I_CHANMODE = true, I_PITCHMODE = true,
}
local TRACK_VALUES = { IP_TRACKNUMBER = true }
local PROJECT_NUMBERS = {
  RENDER_SETTINGS = true, RENDER_BOUNDSFLAG = true, RENDER_CHANNELS = true, RENDER_SRATE = true,
  RENDER_TAILFLAG = true, RENDER_ADDTOPROJ = true, RENDER_DITHER = true, RENDER_NORMALIZE = true,
}
local PROJECT_STRINGS = {
  RENDER_FILE = true, RENDER_PATTERN = true, RENDER_FORMAT = true, RENDER_FORMAT2 = true,
  RENDER_TARGETS = true,
}

-- The project ---------------------------------------------------------------------------------

local project = { kind = "project" }
local tracks, undo, calls, commands, boxes, problems = {}, {}, {}, {}, {}, {}
local changes_outside_undo, in_undo = 0, 0
local ext_state = SCENE.remembered or {}
local render = { RENDER_SETTINGS = 1, RENDER_CHANNELS = 6, RENDER_FILE = "/mine", RENDER_PATTERN = "$track" }

local function changed()
  if in_undo ~= 1 then
    changes_outside_undo = changes_outside_undo + 1
  end
end

local function new_source(file, type)
  return { kind = "source", file = file, type = type or "WAVE" }
end

for i, given in ipairs(SCENE.items) do
  local track = { kind = "track", name = "track " .. i, items = {} }
  local item = { kind = "item", track = track, takes = {}, selected = given.selected ~= false }
  item.values = { D_POSITION = given.position or 0, D_LENGTH = given.length or 2, B_MUTE = 0 }
  if not given.empty then
    local take = { kind = "take", item = item, name = given.name or "take " .. i }
    take.values = {
      D_STARTOFFS = given.offset or 0, D_PLAYRATE = given.rate or 1, D_VOL = given.volume or 1,
      D_PAN = 0, D_PANLAW = -1, D_PITCH = given.pitch or 0, B_PPITCH = 1, I_CHANMODE = 0,
      I_PITCHMODE = -1,
    }
    take.source = new_source(given.file or "", given.type)
    take.source.parent = given.parent and new_source(given.file) or nil
    take.fx, take.envelopes, take.markers = given.fx or {}, given.envelopes or 0, given.markers or 0
    item.takes[1], item.active = take, take
  end
  track.items[1], tracks[i] = item, track
end

local function selected_items()
  local found = {}
  for _, track in ipairs(tracks) do
    for _, item in ipairs(track.items) do
      if item.selected then
        found[#found + 1] = item
      end
    end
  end
  return found
end

local function known(values, key)
  assert(values[key], "no such attribute: " .. key)
  return key
end

-- A shell's word; only for running what was split already.
local function word(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- As Reaper splits a line where there is no shell: at spaces, three quotes, no escapes.
local function split(line)
  local words, i = {}, 1
  while true do
    i = line:match("^ *()", i)
    if i > #line then
      return words
    end
    local mark = line:match("^['\"`]", i)
    local text, after
    if mark then
      text, after = line:match("^([^" .. mark .. "]*)" .. mark .. "()", i + 1)
      assert(text, "a quote without an end: " .. line)
    else
      text, after = line:match("^([^ ]+)()", i)
    end
    words[#words + 1], i = text, after
  end
end

local function copy_file(from, to)
  local source, target = assert(io.open(from, "rb")), assert(io.open(to, "wb"))
  target:write(source:read("a"))
  source:close()
  target:close()
end

-- A step is 0.03 s to the script, and less to us. A scene may let time pass faster still, where it
-- is patience that is tested.
local speed, ticks = SCENE.speed or 1, 0

local deferred, terminated, at_exit = nil, false, {}
local R = {}

function R.AddMediaItemToTrack(track)
  changed()
  local item = { kind = "item", track = track, takes = {} }
  item.values = { D_POSITION = 0, D_LENGTH = 0, B_MUTE = 0 }
  table.insert(track.items, item)
  return item
end
function R.AddTakeToMediaItem(item)
  changed()
  local take = { kind = "take", item = item, name = "", fx = {}, envelopes = 0, markers = 0 }
  take.values = {
    D_STARTOFFS = 0, D_PLAYRATE = 1, D_VOL = 1, D_PAN = 0, D_PANLAW = -1, D_PITCH = 0, B_PPITCH = 0,
    I_CHANMODE = 0, I_PITCHMODE = -1,
  }
  table.insert(item.takes, take)
  item.active = item.active or take
  return take
end
function R.CountSelectedMediaItems() return #selected_items() end
function R.CountTakeEnvelopes(take) return take.envelopes end
function R.EnumProjects(index)
  assert(index == -1)
  return project, ""
end
function R.ExecProcess(line, timeout)
  assert(timeout == -1 or timeout == -2, "this would block")
  local words = split(line)
  commands[#commands + 1] = words
  if SCENE.exec_fails then
    return nil
  end
  local parts = {}
  for i, text in ipairs(words) do
    parts[i] = word(text)
  end
  os.execute("env -i HOME=" .. word(os.getenv("HOME") or "/") .. " " .. (SCENE.environment or "")
    .. " " .. table.concat(parts, " ") .. " >/dev/null 2>>" .. word(SCENE.errors) .. " </dev/null &")
  return "0\n"
end
function R.GetActiveTake(item) return item.active end
function R.GetExtState(section, key) return ext_state[section .. "/" .. key] or "" end
function R.GetMediaItemInfo_Value(item, key) return item.values[known(ITEM_VALUES, key)] end
function R.GetMediaItemTakeInfo_Value(take, key) return take.values[known(TAKE_VALUES, key)] end
function R.GetMediaItemTake_Source(take) return take.source end
function R.GetMediaItem_Track(item) return item.track end
function R.GetMediaSourceFileName(source) return source.file end
function R.GetMediaSourceParent(source) return source.parent end
function R.GetMediaSourceType(source) return source.type end
function R.GetMediaTrackInfo_Value(track, key)
  known(TRACK_VALUES, key)
  for i, one in ipairs(tracks) do
    if one == track then
      return i + 0.0
    end
  end
end
function R.GetOS() return "Other" end
function R.GetProjectPath() return SCENE.media end
function R.GetResourcePath() return SCENE.resources end
function R.GetSelectedMediaItem(_, index) return selected_items()[index + 1] end
function R.GetSetMediaItemTakeInfo_String(take, key, value, set)
  assert(key == "P_NAME")
  if set then
    changed()
    take.name = value
  end
  return true, take.name
end
function R.GetSetMediaTrackInfo_String(track, key, value, set)
  assert(key == "P_NAME")
  if set then
    changed()
    track.name = value
  end
  return true, track.name
end
function R.GetSetProjectInfo(_, key, value, set)
  known(PROJECT_NUMBERS, key)
  if set then
    render[key] = value
  end
  return render[key] or 0
end
function R.GetSetProjectInfo_String(_, key, value, set)
  known(PROJECT_STRINGS, key)
  if key == "RENDER_TARGETS" then
    assert(not set)
    return true, render.RENDER_FILE .. "/" .. render.RENDER_PATTERN .. ".wav"
  end
  if set then
    render[key] = value
  end
  return true, render[key] or ""
end
function R.GetTakeNumStretchMarkers(take) return take.markers end
function R.GetTrack(_, index) return tracks[index + 1] end
function R.InsertTrackAtIndex(index)
  changed()
  table.insert(tracks, index + 1, { kind = "track", name = "", items = {} })
end
function R.MB(text)
  boxes[#boxes + 1] = text
  return SCENE.answer or 6
end
function R.Main_OnCommand(command)
  if command == 42230 then
    assert(#selected_items() == 1, "one item at a time")
    assert(render.RENDER_SETTINGS == 32 and render.RENDER_BOUNDSFLAG == 4)
    calls[#calls + 1] = "render " .. selected_items()[1].takes[1].name
    if SCENE.renders then
      copy_file(SCENE.renders, render.RENDER_FILE .. "/" .. render.RENDER_PATTERN .. ".wav")
    end
  else
    assert(command == 40047, "an unknown command: " .. command)
  end
end
function R.PCM_Source_CreateFromFile(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  file:close()
  return new_source(path)
end
function R.RecursiveCreateDirectory(path)
  os.execute("mkdir -p " .. word(path))
  return 1
end
function R.SelectAllMediaItems(_, selected)
  for _, track in ipairs(tracks) do
    for _, item in ipairs(track.items) do
      item.selected = selected
    end
  end
end
function R.SetActiveTake(take)
  changed()
  take.item.active = take
end
function R.SetExtState(section, key, value) ext_state[section .. "/" .. key] = value end
function R.SetMediaItemInfo_Value(item, key, value)
  changed()
  item.values[known(ITEM_VALUES, key)] = value
  return true
end
function R.SetMediaItemSelected(item, selected) item.selected = selected end
function R.SetMediaItemTakeInfo_Value(take, key, value)
  changed()
  take.values[known(TAKE_VALUES, key)] = value
  return true
end
function R.SetMediaItemTake_Source(take, source)
  changed()
  take.source = source
  return true
end
function R.TakeFX_CopyToTake(from, i, to, j, move)
  assert(not move)
  changed()
  table.insert(to.fx, j + 1, from.fx[i + 1])
  return true
end
function R.TakeFX_GetCount(take) return #take.fx end
function R.TakeIsMIDI(take) return take.source.type == "MIDI" end
function R.Undo_BeginBlock2() in_undo = in_undo + 1 end
function R.Undo_EndBlock2(_, name)
  in_undo = in_undo - 1
  undo[#undo + 1] = name
end
function R.UpdateArrange() end
function R.ValidatePtr2(_, thing, type)
  local kinds = { ["MediaItem*"] = "item", ["MediaItem_Take*"] = "take" }
  return thing.kind == assert(kinds[type], "no such type: " .. type) and not thing.deleted
end
function R.atexit(call) at_exit[#at_exit + 1] = call end
function R.defer(call)
  assert(not deferred, "deferred twice")
  deferred = call
end
function R.file_exists(path)
  local file = io.open(path, "rb")
  local found = file and file:read(0) ~= nil or (file and file:seek("end") == 0)
  if file then
    file:close()
  end
  return found or false
end
local random = io.open("/dev/urandom", "rb")
function R.genGuid()
  return "{" .. random:read(8):gsub(".", function(c) return ("%02X"):format(c:byte()) end) .. "-0}"
end
function R.get_action_context() return false, SCRIPT, 0, 1, 0, 0, 0, "" end
function R.GetUserFileNameForRead(path)
  if SCENE.clip then
    return true, SCENE.clip
  end
  return false, path
end
function R.time_precise() return ticks * 0.03 * speed end

-- The window and the user ---------------------------------------------------------------------

local G = {}
local GFX = { x = 0, y = 0, w = 400, h = 320, mouse_x = -1, mouse_y = -1, mouse_cap = 0 }
local drawn, frame, is_open, key, menus, seen = {}, {}, false, 0, {}, {}

function G.init() is_open = true end
function G.quit() is_open = false end
function G.getchar()
  if not is_open then
    return -1
  end
  local pressed = key
  key = 0
  return pressed
end
function G.update()
  local changes = #frame ~= #drawn
  for i, text in ipairs(frame) do
    changes = changes or text[1] ~= drawn[i][1]
  end
  for _, text in ipairs(changes and frame or {}) do
    seen[#seen + 1] = text[1]
  end
  drawn, frame = frame, {}
end
function G.drawstr(text) frame[#frame + 1] = { text, GFX.x, GFX.y } end
function G.measurestr(text) return 7 * #text, 14 end
function G.rect() end
function G.set() end
function G.setfont() return 1 end
function G.showmenu(menu)
  menus[#menus + 1] = menu
  return SCENE.choice or 0
end

-- Calls are checked ---------------------------------------------------------------------------

local function fits(value, kind)
  if kind == "any" then
    return value ~= nil
  elseif kind == "project" then
    return value == 0 or value == project
  elseif kind == "integer" then
    return math.type(value) == "integer" or (math.type(value) == "float" and value % 1 == 0)
  elseif kind == "item" or kind == "take" or kind == "source" or kind == "track" then
    return type(value) == "table" and value.kind == kind
  end
  return type(value) == kind
end

local function checked(namespace, functions, signatures, fields)
  local published = {}
  for name, call in pairs(functions) do
    if type(call) == "function" then
      local kinds = {}
      for kind in assert(signatures[name], name):gmatch("%S+") do
        kinds[#kinds + 1] = kind
      end
      published[name] = function(...)
        local count = select("#", ...)
        assert(count <= #kinds, namespace .. "." .. name .. ": too many arguments")
        for i, kind in ipairs(kinds) do
          local value = select(i, ...)
          local optional = kind:match("(.*)%?$")
          if not (optional and i > count) and not fits(value, optional or kind) then
            error(("%s.%s: argument %d is no %s: %s"):format(namespace, name, i, kind, value), 2)
          end
        end
        return call(...)
      end
    end
  end
  return setmetatable({}, {
    __index = function(_, name)
      local found = published[name]
      if found == nil and fields then
        found = fields[name]
      end
      if found == nil then
        error(namespace .. " has no " .. name, 2)
      end
      return found
    end,
    __newindex = function(_, name, value)
      assert(fields and (name == "x" or name == "y"), namespace .. "." .. name .. " is not to be set")
      fields[name] = value
    end,
  })
end

reaper = checked("reaper", R, SIGNATURES)
gfx = checked("gfx", G, GFX_SIGNATURES, GFX)

local function find_text(wanted)
  for _, text in ipairs(drawn) do
    if text[1]:find(wanted, 1, true) then
      return text
    end
  end
  return nil
end

-- One thing after the other: {see = text to wait for, file = file to wait for, click = text,
-- at = {x, y}, key = code, close = true, delete = number of a track,
-- terminate = true}.
local deeds, deed = SCENE.user, 1
local function act()
  local wish = deeds[deed]
  if GFX.mouse_cap == 1 then
    GFX.mouse_cap = 0
    return
  end
  if not wish or (wish.see and not find_text(wish.see)) then
    return
  end
  if wish.file and not R.file_exists(wish.file) then
    return
  end
  deed = deed + 1
  if wish.click then
    local text = assert(find_text(wish.click), "there is no " .. wish.click)
    GFX.mouse_x, GFX.mouse_y, GFX.mouse_cap = text[2] + 2, text[3] + 2, 1
  elseif wish.at then
    GFX.mouse_x, GFX.mouse_y, GFX.mouse_cap = wish.at[1], wish.at[2], 1
  end
  if wish.key then
    key = wish.key
  end
  if wish.close then
    is_open = false
  end
  if wish.terminate then
    deferred, terminated = nil, true
  end
  if wish.delete then
    local item = tracks[wish.delete].items[1]
    item.deleted, item.takes[1].deleted = true, true
  end
end

-- What came of it -----------------------------------------------------------------------------

local function json(value)
  if type(value) == "table" then
    local parts = {}
    if value[1] ~= nil or next(value) == nil then
      for i, one in ipairs(value) do
        parts[i] = json(one)
      end
      return "[" .. table.concat(parts, ",") .. "]"
    end
    for name, one in pairs(value) do
      parts[#parts + 1] = json(tostring(name)) .. ":" .. json(one)
    end
    return "{" .. table.concat(parts, ",") .. "}"
  elseif type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
  end
  return tostring(value)
end

local longest = 0
local function timed(call)
  local before = os.clock()
  local ok, problem = pcall(call)
  longest = math.max(longest, os.clock() - before)
  if not ok then
    problems[#problems + 1] = tostring(problem)
    deferred = nil
  end
end

timed(function() dofile(SCRIPT) end)
while deferred and ticks < (SCENE.ticks or 400) do
  local call = deferred
  deferred = nil
  ticks = ticks + 1
  act()
  if terminated then
    break
  end
  timed(call)
  os.execute("sleep 0.015")
end
if deferred then
  problems[#problems + 1] = "the script did not end"
end
for _, call in ipairs(at_exit) do
  timed(call)
end

local report = { tracks = {}, undo = undo, commands = commands, boxes = boxes, seen = seen }
report.problems, report.calls, report.menus, report.longest = problems, calls, menus, longest
report.outside, report.remembered, report.deeds = changes_outside_undo, ext_state, deed - 1
report.render = { settings = render.RENDER_SETTINGS, channels = render.RENDER_CHANNELS,
  file = render.RENDER_FILE, pattern = render.RENDER_PATTERN }
report.selected = #selected_items()
for i, track in ipairs(tracks) do
  local one = { name = track.name, items = {} }
  for j, item in ipairs(track.items) do
    local takes = {}
    for k, take in ipairs(item.takes) do
      takes[k] = { name = take.name, file = take.source.file, active = item.active == take,
        values = take.values, fx = take.fx }
    end
    one.items[j] = { takes = takes, values = item.values }
  end
  report.tracks[i] = one
end
print(json(report))
