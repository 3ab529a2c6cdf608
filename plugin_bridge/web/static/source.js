// What a player plays. A browser has six connections to a server, for all tabs together, and a player
// keeps one until it has read to the end: so sounds are fetched whole, but for very long ones.

const MOST_BYTES = 64e6; // that are fetched whole: some ten minutes of stereo. Not searched

/** Have a player play what is at an address; returns a function that gives all of it back. */
export function play(audio, address) {
  const stop = new AbortController();
  fetchWhole(audio, address, stop).catch(() => {
    if (!stop.signal.aborted) audio.src = address; // it can say what is wrong
  });
  return () => {
    stop.abort();
    if (audio.src.startsWith("blob:")) URL.revokeObjectURL(audio.src);
    audio.removeAttribute("src");
    audio.load();
  };
}

async function fetchWhole(audio, address, stop) {
  const answer = await fetch(address, { signal: stop.signal });
  if (!answer.ok) throw new Error(answer.statusText);
  if (Number(answer.headers.get("Content-Length")) > MOST_BYTES) {
    await answer.body.cancel();
    audio.src = address;
    return;
  }
  const sound = await answer.blob();
  if (!stop.signal.aborted) audio.src = URL.createObjectURL(sound);
}
