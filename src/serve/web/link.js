// Follows the states of a talk, one JSON document in each line, and comes back when the connection is lost.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
const LONG_SLEEP = 10000;

// Calls `onState` with each state, `onLink` with whether the connection exists, and `onRefused` if the talk refuses.
export function follow(path, headers, { onState, onLink, onRefused }) {
  let wait = FIRST_WAIT;
  let abort = new AbortController();
  let timer = null;

  async function read() {
    timer = null;
    abort = new AbortController();
    try {
      const response = await fetch(path, { headers, cache: 'no-store', signal: abort.signal });
      if (response.status === 403) return onRefused();
      if (!response.ok) throw new Error(response.statusText);
      onLink(true);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        wait = FIRST_WAIT;
        const lines = (rest + value).split('\n');
        rest = lines.pop();
        // Older states do not matter any more.
        const newest = lines.filter(Boolean).at(-1);
        if (newest) onState(JSON.parse(newest));
      }
    } catch {
      // Lost: it is tried again below.
    }
    onLink(false);
    // Not everyone comes back at the same moment.
    timer = setTimeout(read, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  function again() {
    wait = FIRST_WAIT;
    if (timer === null) return abort.abort();
    clearTimeout(timer);
    read();
  }
  let hiddenAt = 0;
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) hiddenAt = Date.now();
    // A phone that slept may have lost the connection without noticing.
    else if (timer !== null || Date.now() - hiddenAt > LONG_SLEEP) again();
  });
  addEventListener('online', again);
  read();
}
