"""Files that are not read: what they are by their contents, whatever their names say.

Most of them are sounds that other programs read; the rest is what is saved under a sound's name by
mistake, such as the page of an error where a download was meant.
"""

from __future__ import annotations

from presets.sound_file.header import BadSound

#: What is read, for messages.
READ = "WAV, AIFF, FLAC, Ogg Vorbis, Opus and MP3"
_CONVERT = f"Restyle reads {READ}: convert it, as in ffmpeg -i IN out.wav"
_EXPORT = "export the sound again"
SEARCHED_BYTES = 16  # the longest of what is known here, after ``RIFF`` and a size

#: Sounds and films by how they begin; 4 bytes may come before ``ftyp`` (ISO 14496-12).
_SOUNDS = {
    b"caff": "a Core Audio file (.caf)",
    b".snd": "a Sun audio file (.au)",
    b"riff\x2e\x91\xcf\x11": "a Wave64 file (.w64)",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "a Windows Media file (.wma)",
    b"\x1a\x45\xdf\xa3": "a Matroska or WebM file (.mka, .webm)",
    b"wvpk": "a WavPack file (.wv)",
    b"MAC ": "a Monkey's Audio file (.ape)",
    b"TTA1": "a True Audio file (.tta)",
    b"MPCK": "a Musepack file (.mpc)",
    b"MP+": "a Musepack file (.mpc)",
    b"DSD ": "a DSD file (.dsf)",
    b"FRM8": "a DSD file (.dff)",
    b"#!AMR": "an AMR file",
    b"ADIF": "an AAC file",
}
#: The same by so few bytes that the middle of an MP3 file may begin with them.
_VAGUE = {
    b"\x0b\x77": "an AC-3 file",
    b"\xff\xf1": "an AAC file",
    b"\xff\xf9": "an AAC file",
    b"\xff\xfd": "an MPEG file of layer II (.mp2)",
    b"\xff\xfc": "an MPEG file of layer II (.mp2)",
}
#: What is no sound, likewise.
_REST = {
    b"MThd": "a MIDI file",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"%PDF": "a PDF file",
    b"PK\x03\x04": "a ZIP file",
    b"Rar!": "a RAR file",
    b"7z\xbc\xaf": "a 7-Zip file",
    b"\x1f\x8b": "a file compressed by gzip",
    b"RIFX": "a big-endian WAV file",
}
_PAGES = (b"<!doctype", b"<html", b"<?xml")  # in small letters


def look(start: bytes) -> None:
    """Raise BadSound if a file that begins with ``start`` is of a kind that is not read."""
    if start[4:8] == b"ftyp":
        raise BadSound(f"is an MPEG-4 file (.m4a, .mp4). {_CONVERT}")
    if start[:4] == b"RIFF" and start[8:12] == b"AVI ":
        raise BadSound(f"is a film (AVI). {_CONVERT}")
    for magic, kind in _SOUNDS.items():
        if start.startswith(magic):
            raise BadSound(f"is {kind}. {_CONVERT}")
    for magic, kind in _REST.items():
        if start.startswith(magic):
            raise BadSound(f"is {kind}, no sound: {_EXPORT}")
    if start.lstrip().lower().startswith(_PAGES):
        raise BadSound(f"is a web page, no sound: {_EXPORT}, or download it again")


def unknown(size: int, start: bytes) -> BadSound:
    """The error for a file of no kind that is read.

    Args:
        size: of the file in bytes.
        start: how it begins, after a tag if it has one.
    """
    if not size:
        return BadSound(f"is empty: {_EXPORT}")
    if start[:2] in _VAGUE:
        return BadSound(f"is {_VAGUE[start[:2]]}. {_CONVERT}")
    if start and not start.strip(b"\0"):
        return BadSound(f"begins with zeros, so it is damaged or was never finished: {_EXPORT}")
    if start.isascii() and "".join(start.decode().split()).isprintable():
        return BadSound(f"is a text, no sound: {_EXPORT}")
    return BadSound(
        f"cannot be read as audio: it is damaged, or of an unknown kind. Restyle reads {READ}"
    )
