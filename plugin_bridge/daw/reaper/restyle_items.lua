-- Restyle for Reaper, items: what of the selection is sent, and where the results go.
--
-- An item that plays an audio file: the whole file is sent, and the result becomes a take that has
-- the old take's settings (start in file, rate, pitch, volume, pan, effects). It lines up however
-- the item is cut or moved, nothing is played through an effect twice, and items that are cut from
-- one file share one job.
--
-- Any other item (MIDI, reversed or partial sources, take envelopes, stretch markers): Reaper
-- renders it. By Reaper's manual such a render has the track's effects and fader in it, so the
-- result goes on a track of its own, and the item is muted.

local items = {}

local RENDER_SELECTED_ITEMS = 42230 -- File: Render project, using the most recent render settings
local BUILD_PEAKS = 40047 -- Peaks: Build any missing peaks

local NOT_A_FILE = { MIDI = true, MIDIPOOL = true, RPP_PROJECT = true, SECTION = true, VIDEO = true }

local CARRIED = {
  "D_STARTOFFS", "D_PLAYRATE", "B_PPITCH", "D_PITCH", "I_PITCHMODE", "D_VOL", "D_PAN", "D_PANLAW",
  "I_CHANMODE",
}

local RENDER_NUMBERS = {
  RENDER_SETTINGS = 32, -- selected media items
  RENDER_BOUNDSFLAG = 4, -- selected media items
  RENDER_CHANNELS = 2,
  RENDER_SRATE = 0, -- the project's
  RENDER_TAILFLAG = 0,
  RENDER_ADDTOPROJ = 0,
  RENDER_DITHER = 0,
  RENDER_NORMALIZE = 0,
}

local function take_name(take)
  local _, name = reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", "", false)
  return name
end

-- The audio file that a take plays as it is; nil if there is none.
local function file_of(take)
  if reaper.TakeIsMIDI(take) or reaper.CountTakeEnvelopes(take) > 0
    or reaper.GetTakeNumStretchMarkers(take) > 0 then
    return nil
  end
  local source = reaper.GetMediaItemTake_Source(take)
  if not source or reaper.GetMediaSourceParent(source)
    or NOT_A_FILE[reaper.GetMediaSourceType(source, "")] then
    return nil
  end
  local file = reaper.GetMediaSourceFileName(source, "")
  return file ~= "" and file or nil
end

-- The selected items as {item, take, name, file}, `file` nil for those to be rendered; nil and what
-- is in the way if one of them cannot be sent.
function items.selected()
  local found = {}
  for i = 0, reaper.CountSelectedMediaItems(0) - 1 do
    local item = reaper.GetSelectedMediaItem(0, i)
    local take = reaper.GetActiveTake(item)
    if not take then
      return nil, "One of the selected items is empty: take it out of the selection."
    end
    local entry = { item = item, take = take, name = take_name(take), file = file_of(take) }
    if entry.file and not reaper.file_exists(entry.file) then
      return nil, "There is no file " .. entry.file .. ": bring it back, or select other items."
    end
    found[#found + 1] = entry
  end
  return found
end

-- Render one item to a new file at `folder`, `name`.wav, leaving all settings and the selection as
-- they were. Reaper shows its own progress meanwhile. Returns the file; nil and why not otherwise.
function items.render(item, folder, name)
  local numbers, strings, selected = {}, {}, {}
  for key in pairs(RENDER_NUMBERS) do
    numbers[key] = reaper.GetSetProjectInfo(0, key, 0, false)
  end
  local wanted = { RENDER_FILE = folder, RENDER_PATTERN = name, RENDER_FORMAT = "evaw",
    RENDER_FORMAT2 = "" }
  for key in pairs(wanted) do
    local _, value = reaper.GetSetProjectInfo_String(0, key, "", false)
    strings[key] = value
  end
  for i = 0, reaper.CountSelectedMediaItems(0) - 1 do
    selected[#selected + 1] = reaper.GetSelectedMediaItem(0, i)
  end

  local ok, file = pcall(function()
    for key, value in pairs(RENDER_NUMBERS) do
      reaper.GetSetProjectInfo(0, key, value, true)
    end
    for key, value in pairs(wanted) do
      reaper.GetSetProjectInfo_String(0, key, value, true)
    end
    reaper.SelectAllMediaItems(0, false)
    reaper.SetMediaItemSelected(item, true)
    local _, targets = reaper.GetSetProjectInfo_String(0, "RENDER_TARGETS", "", false)
    local target = targets:match("^[^;]+")
    if target and not reaper.file_exists(target) then
      reaper.Main_OnCommand(RENDER_SELECTED_ITEMS, 0)
    end
    return target
  end)

  for key, value in pairs(numbers) do
    reaper.GetSetProjectInfo(0, key, value, true)
  end
  for key, value in pairs(strings) do
    reaper.GetSetProjectInfo_String(0, key, value, true)
  end
  reaper.SelectAllMediaItems(0, false)
  for _, one in ipairs(selected) do
    reaper.SetMediaItemSelected(one, true)
  end
  if ok and file and reaper.file_exists(file) then
    return file
  end
  return nil, "Reaper rendered nothing for an item: see whether File > Render can render it."
end

local function add_take(item, source, name)
  local take = reaper.AddTakeToMediaItem(item)
  reaper.SetMediaItemTake_Source(take, source)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", name, true)
  return take
end

local function as_take(entry, source, name)
  local take = add_take(entry.item, source, name)
  for _, key in ipairs(CARRIED) do
    local value = reaper.GetMediaItemTakeInfo_Value(entry.take, key)
    reaper.SetMediaItemTakeInfo_Value(take, key, value)
  end
  for i = 0, reaper.TakeFX_GetCount(entry.take) - 1 do
    reaper.TakeFX_CopyToTake(entry.take, i, take, i, false)
  end
  reaper.SetActiveTake(take)
end

local function as_track(entry, source, name)
  local above = reaper.GetMediaItem_Track(entry.item)
  local index = math.floor(reaper.GetMediaTrackInfo_Value(above, "IP_TRACKNUMBER"))
  reaper.InsertTrackAtIndex(index, false)
  local track = reaper.GetTrack(0, index)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", name, true)
  local item = reaper.AddMediaItemToTrack(track)
  for _, key in ipairs({ "D_POSITION", "D_LENGTH" }) do
    reaper.SetMediaItemInfo_Value(item, key, reaper.GetMediaItemInfo_Value(entry.item, key))
  end
  add_take(item, source, name)
  reaper.SetMediaItemInfo_Value(entry.item, "B_MUTE", 1)
end

-- Put results into the project, as one step of the undo history; none if none can be.
-- `results` are {entry, file, label}. Returns how many are in, and about the others lines of text.
function items.insert(results)
  local ready, problems = {}, {}
  for _, result in ipairs(results) do
    local entry = result.entry
    if not (reaper.ValidatePtr2(0, entry.item, "MediaItem*")
      and reaper.ValidatePtr2(0, entry.take, "MediaItem_Take*")) then
      problems[#problems + 1] = entry.name .. ": the item is gone. Its result is " .. result.file .. "."
    else
      result.source = reaper.PCM_Source_CreateFromFile(result.file)
      if result.source then
        ready[#ready + 1] = result
      else
        problems[#problems + 1] = entry.name .. ": Reaper cannot read " .. result.file .. "."
      end
    end
  end
  if #ready > 0 then
    reaper.Undo_BeginBlock2(0)
    for _, result in ipairs(ready) do
      local entry = result.entry
      local insert = entry.file and as_take or as_track
      insert(entry, result.source, entry.name .. " (" .. result.label .. ")")
    end
    reaper.Undo_EndBlock2(0, "Restyle: " .. ready[1].label, -1)
    reaper.UpdateArrange()
    reaper.Main_OnCommand(BUILD_PEAKS, 0)
  end
  return #ready, problems
end

return items
