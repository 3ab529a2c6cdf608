ardour { ["type"] = "dsp", name = "Restyle Test Import", category = "Utility", license = "GPL-3.0-or-later",
  author = "The Restyle authors", description = [[Plays externals/import.wav into a bounce.]] }

function dsp_ioconfig () return { { audio_in = 1, audio_out = 1 }, { audio_in = 2, audio_out = 2 } } end

local file, position

function dsp_configure (ins, outs)
  file = ARDOUR.Readable.load (Session, Session:path () .. "/externals/import.wav"):table ()
  position = 0
end

function dsp_run (ins, outs, count)
  -- Ardour's own cycles are short; a bounce begins with 8192 samples.
  local bouncing = position > 0 or count >= 8192
  for channel = 1, #outs do
    local got = bouncing and math.max (file[channel]:read (outs[channel], position, count, 0), 0) or 0
    if got < count then ARDOUR.DSP.memset (outs[channel]:offset (got), 0, count - got) end
  end
  if bouncing then position = position + count end
end
