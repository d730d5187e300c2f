// The server's side: questions, orders, live events.

export const session = { role: null, name: '', csrf: '', proxied: false };

export class Problem extends Error {
  constructor(status, message, field) {
    super(message);
    this.status = status;
    this.field = field || '';
  }
}

async function call(path, options) {
  let answer;
  try {
    answer = await fetch(path, { credentials: 'same-origin', ...options });
  } catch {
    throw new Problem(0, 'The streams service does not answer; this page tries again.');
  }
  let body = {};
  try {
    body = await answer.json();
  } catch {
    // No JSON: a proxy's own page. The status says enough.
  }
  if (!answer.ok) {
    throw new Problem(answer.status, body.problem || `HTTP ${answer.status}`, body.field);
  }
  return body;
}

export const get = (path) => call('/api/' + path);

export const post = (path, body) => call('/api/' + path, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', 'X-Fqt-Csrf': session.csrf },
  body: JSON.stringify(body),
});

export async function resume() {
  Object.assign(session, await get('session'));
}

export async function login(token, name) {
  await post('login', { token, name });
  await resume();
}

export async function logout() {
  await post('logout', {});
  session.role = null;
}

export const isOperator = () => session.role === 'OPERATOR';

// Server time minus ours: ages are judged by the server's clock.
export const server = { skewMs: 0, beatAt: 0, problem: '', caughtUp: false };
export const serverNow = () => Date.now() + server.skewMs;

let source = null;
const listeners = {};

export function on(kind, listener) {
  listeners[kind] = listener;
}

// Watches these cohorts; one stream at a time.
export function watch(cohorts) {
  source?.close();
  source = new EventSource('/api/events?cohorts=' + cohorts.map(encodeURIComponent).join(','));
  for (const kind of ['cohort', 'alert', 'rollout', 'beat', 'reload']) {
    source.addEventListener(kind, (event) => {
      const data = JSON.parse(event.data);
      if (kind === 'beat') {
        Object.assign(server, { problem: data.problem, caughtUp: data.caughtUp,
          beatAt: Date.now(), skewMs: data.atMs - Date.now() });
      }
      listeners[kind]?.(data);
    });
  }
}

export function unwatch() {
  source?.close();
  source = null;
}
