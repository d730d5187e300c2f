// Login, pages by the address's hash, and the state of the connection.
import { ago, empty, h, show, toast, words } from './dom.js';
import { get, login, logout, on, resume, server, session, unwatch, watch } from './api.js';
import { dropCharts } from './charts.js';
import { cohortPage, fleetPage } from './page-fleet.js';
import { alertPage, alertsPage } from './page-alerts.js';
import { devicePage, devicesPage } from './page-devices.js';
import { rolloutsPage } from './page-rollouts.js';
import { deadPage } from './page-dead.js';
import { editPage } from './page-edit.js';
import { policiesPage, policyPage } from './page-policies.js';

const PAGES = {
  '': fleetPage, cohort: cohortPage, alerts: alertsPage, alert: alertPage, devices: devicesPage,
  device: devicePage, rollouts: rolloutsPage, policies: policiesPage, policy: policyPage,
  edit: editPage, dead: deadPage,
};
const NAV = [['', 'Fleet'], ['alerts', 'Alerts'], ['devices', 'Devices'],
  ['rollouts', 'Rollouts'], ['policies', 'Policies'], ['dead', 'Dead letters']];
const PARENT = { cohort: '', alert: 'alerts', device: 'devices', policy: 'policies',
  edit: 'policies' };

// Beats come every 3 s; three missed ones in a row are a lost connection.
const SILENCE_MS = 10000;

const main = document.getElementById('main');
let live = {};
let shown = 0;
let openAlerts = 0;

function drawNav(page) {
  const nav = document.getElementById('nav');
  nav.hidden = !session.role;
  const current = PARENT[page] ?? page;
  show(nav, NAV.map(([path, text]) => h('a', { href: '#/' + path,
    'aria-current': path === current ? 'page' : null }, text,
  path === 'alerts' && openAlerts > 0
    && h('span', { class: 'count', 'aria-label': `${openAlerts} open` }, openAlerts))));
  const who = document.getElementById('who');
  show(who, session.role && [`${session.name}, ${words(session.role)} `, !session.proxied
    && h('button', { type: 'button', onclick: async () => {
      await logout().catch(() => {});
      unwatch();
      route();
    } }, 'Log out')]);
}

function drawLink() {
  const label = document.getElementById('link');
  const banner = document.getElementById('banner');
  const quiet = Date.now() - server.beatAt;
  const lost = server.beatAt > 0 && quiet > SILENCE_MS;
  const stale = Boolean(session.role) && (lost || Boolean(server.problem && server.caughtUp));
  document.body.classList.toggle('stale', stale);
  label.className = !session.role ? 'link' : stale ? 'link stale' : 'link live';
  label.hidden = !session.role;
  const state = lost ? 'disconnected' : stale ? 'stale'
    : server.beatAt === 0 ? 'connecting' : server.caughtUp ? 'live' : 'reading';
  if (label.textContent !== state) label.textContent = state;
  banner.hidden = !stale;
  const text = lost
    ? `No answer from the streams service for ${ago(quiet)}: what is shown is from before.`
    : server.problem;
  if (stale && banner.textContent !== text) banner.textContent = text;
  // No event comes that would say how old it is by now.
  if (stale) live.tick?.();
}

async function route() {
  const turn = ++shown;
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const parts = path.split('/').map(decodeURIComponent);
  if (!session.role) {
    live = {};
    drawNav('');
    drawLink();
    loginPage();
    return;
  }
  const page = PAGES[parts[0]];
  drawNav(parts[0]);
  document.title = `fqt-fleet: ${NAV.find(([p]) => p === parts[0])?.[1] ?? parts.join(' ')}`;
  const place = h('div');
  const slow = setTimeout(() => {
    if (turn === shown) show(main, h('p', { class: 'loading', role: 'status' }, 'Loading …'));
  }, 300);
  try {
    const handlers = page ? await page(place, parts.slice(1), new URLSearchParams(query), route)
      : (show(place, empty('There is no such page.')), {});
    if (turn !== shown) return;
    live = handlers;
    show(main, place);
    dropCharts();
  } catch (e) {
    if (turn !== shown) return;
    live = {};
    if (e.status === 401) {
      session.role = null;
      route();
      return;
    }
    show(main, h('div', { class: 'empty', role: 'alert' }, h('p', {}, e.message),
      h('button', { type: 'button', onclick: route }, 'Try again')));
    watch([]);
  } finally {
    clearTimeout(slow);
  }
}

function loginPage(problem = {}) {
  const token = h('input', { type: 'password', name: 'token', autocomplete: 'current-password',
    maxlength: 200, 'aria-describedby': 'login-problem' });
  const name = h('input', { name: 'name', maxlength: 60, autocomplete: 'username' });
  const form = h('form', { class: 'panel login', onsubmit: async (event) => {
    event.preventDefault();
    try {
      await login(token.value, name.value);
      main.focus();
      await begin();
    } catch (e) {
      loginPage(e);
    }
  } },
  h('h1', {}, 'Log in'),
  h('div', { class: 'row' }, h('label', {}, 'Token', token),
    h('p', { class: 'field-problem', role: 'alert', id: 'login-problem' },
      problem.message || '')),
  h('div', { class: 'row' }, h('label', {}, 'Your name, kept with what you do', name)),
  h('button', { class: 'go', type: 'submit' }, 'Log in'),
  h('p', { class: 'small' }, 'The tokens are console.readToken and console.operatorToken of the '
    + 'streams service.'));
  show(main, form);
  token.focus();
}

async function tell(kind, data) {
  const asked = await Promise.resolve(live[kind]?.(data)).catch(() => null);
  if (asked === 'again') route();
}

async function countAlerts() {
  try {
    openAlerts = (await get('fleet')).openAlerts;
    drawNav(location.hash.replace(/^#\/?/, '').split(/[/?]/)[0]);
  } catch {
    // The link's state says that the server does not answer.
  }
}

on('cohort', (data) => tell('cohort', data));
on('rollout', (rollout) => tell('rollout', rollout));
on('alert', (alert) => {
  toast(`${words(alert.status)}: ${words(alert.kind)} ${alert.key}`);
  countAlerts();
  tell('alert', alert);
});
on('beat', () => { drawLink(); tell('beat', null); });
on('reload', () => { countAlerts(); route(); });

async function begin() {
  await countAlerts();
  await route();
}

window.addEventListener('hashchange', () => { route(); main.focus(); });
setInterval(drawLink, 1000);

// An address that carries a token logs in and forgets it: fragments are sent to no server.
const given = /^#token=([!-~]+)$/.exec(location.hash);
try {
  if (given) {
    history.replaceState(null, '', '/');
    await login(decodeURIComponent(given[1]), '');
  } else {
    await resume();
  }
} catch (e) {
  session.role = null;
  if (given || e.status === 403) toast(e.message);
}
await begin();
