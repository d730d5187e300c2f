// The overview and one cohort.
import { ago, badge, empty, h, link, number, percent, show } from './dom.js';
import { get, server, serverNow, watch } from './api.js';
import { chart, marksKey, marksOf } from './charts.js';
import { alertPanel } from './page-alerts.js';

const PAGE = 24;
const POINTS = 90;

// What is drawn of each cohort, in this order.
const CURVES = [
  ['accuracy', 'Accuracy', percent, 0, 1],
  ['loss', 'Loss, nat', number, 0],
  ['gradient', 'Gradient norm', number, 0],
  ['updates', 'Update rate', percent, 0],
  ['energy', 'Energy, mJ', number, 0],
  ['online', 'Online', number, 0],
];

function curves(big) {
  const all = CURVES.map(([key, name, format, min, max]) =>
    [key, chart({ name, format, min, max, big })]);
  return {
    roots: all.map(([, drawn]) => drawn.root),
    draw: (series, marks) =>
      all.forEach(([key, drawn]) => drawn.draw(series.t, series[key], marks)),
  };
}

function append(cohort, summary) {
  const series = cohort.series;
  series.t.push(summary.point.t);
  for (const [key] of CURVES) series[key].push(summary.point[key] ?? null);
  if (series.t.length > POINTS) {
    for (const column of Object.values(series)) column.shift();
  }
  Object.assign(cohort, summary);
}

// A cohort that closes no rounds any more shows old figures: say so.
function age(cohort) {
  const t = cohort.series.t;
  const round = t.length > 1 ? t.at(-1) - t.at(-2) : 2000;
  const ms = serverNow() - cohort.endMs;
  return ms > Math.max(15000, 5 * round)
    ? badge(`no round for ${ago(ms)}`, 'warn')
    : h('span', { class: 'small' }, `${ago(ms)} ago`);
}

// Links stay the same elements while figures change: who is on one with the keyboard stays there.
function makeCard(cohort) {
  const incident = h('span');
  const said = h('span', { class: 'small' });
  const minis = curves(false);
  const root = h('section', { class: 'panel', 'aria-label': `Cohort ${cohort.cohort}` },
    h('header', {}, h('h3', {}, link(cohort.cohort, 'cohort', cohort.cohort)), incident,
      h('span', { class: 'push' }), said), h('div', { class: 'minis' }, minis.roots));
  let drawn;
  const draw = () => {
    root.classList.toggle('trouble', Boolean(cohort.incident));
    if (drawn !== cohort.incident) {
      drawn = cohort.incident;
      show(incident, drawn && h('a', { href: `#/alert/${encodeURIComponent(drawn)}` },
        badge('drift', 'bad')));
    }
    minis.draw(cohort.series);
    grow();
  };
  const grow = () => show(said,
    `${cohort.online} of ${cohort.known} online, ${cohort.training} training · `, age(cohort));
  draw();
  return { root, cohort, draw, grow };
}

const figure = (name, value, bad) =>
  h('div', { class: bad ? 'bad' : '' }, h('dt', {}, name), h('dd', {}, value));

function figures(place, fleet) {
  show(place, figure('Cohorts', number(fleet.cohorts)), figure('Devices', number(fleet.known)),
    figure('Online', number(fleet.online)), figure('Training', number(fleet.training)),
    figure('Open alerts', number(fleet.openAlerts), fleet.openAlerts > 0),
    figure('Energy a round, mJ', number(fleet.milliJoulePerRound)),
    figure('Reports lost', number(fleet.reportsLost)),
    fleet.frozen > 0 && figure('Frozen policies', number(fleet.frozen), true));
}

export async function fleetPage(main, _, query) {
  const page = Number(query.get('page') || 0);
  const q = query.get('q') || '';
  const [fleet, list] = await Promise.all([get('fleet'),
    get(`cohorts?size=${PAGE}&page=${page}&q=${encodeURIComponent(q)}`)]);
  const top = h('dl', { class: 'figures', 'aria-label': 'The fleet' });
  figures(top, fleet);
  const cards = h('div', { class: 'cards' });
  const byName = new Map();
  for (const cohort of list.cohorts) {
    const card = makeCard(cohort);
    byName.set(cohort.cohort, card);
    cards.append(card.root);
  }
  const turn = (to) => `#/?page=${to}&q=${encodeURIComponent(q)}`;
  const search = h('input', { type: 'search', value: q, maxlength: 32 });
  show(main, h('h1', {}, 'Fleet'), top,
    h('form', { class: 'bar', onsubmit: (event) => {
      event.preventDefault();
      location.hash = `#/?page=0&q=${encodeURIComponent(search.value)}`;
    } }, h('label', {}, 'Cohorts whose name contains', search),
    h('button', { type: 'submit' }, 'Search'), h('span', { class: 'push' }),
    h('span', { class: 'small' }, `${list.total} cohorts`),
    page > 0 && h('a', { href: turn(page - 1) }, 'Previous'),
    (page + 1) * PAGE < list.total && h('a', { href: turn(page + 1) }, 'Next')),
    list.cohorts.length ? cards : empty(!server.caughtUp && !fleet.caughtUp
      ? 'The topics are being read; this takes a moment.'
      : q ? `No cohort has “${q}” in its name.`
        : 'No cohort has closed a round yet. Devices appear here with their first reports.'));
  watch([...byName.keys()]);
  const dirty = new Set();
  const draw = () => {
    for (const name of dirty) byName.get(name).draw();
    dirty.clear();
  };
  let countdown = 0;
  return {
    cohort(summary) {
      const known = byName.get(summary.cohort);
      if (!known) return;
      append(known.cohort, summary);
      if (!dirty.size) requestAnimationFrame(draw);
      dirty.add(summary.cohort);
    },
    tick: () => byName.forEach((card) => card.grow()),
    async alert() {
      figures(top, await get('fleet'));
    },
    async beat() {
      byName.forEach((card) => card.grow());
      const now = await get('fleet');
      figures(top, now);
      // New cohorts are picked up without a reload of the page.
      if (now.cohorts !== fleet.cohorts && countdown++ === 0) return 'again';
      return null;
    },
  };
}

export async function cohortPage(main, [name]) {
  const cohort = await get('cohorts/' + encodeURIComponent(name));
  const incident = h('span');
  const said = h('span');
  const big = curves(true);
  const head = () => {
    show(incident, cohort.incident && badge('drift', 'bad'));
    show(said, `${cohort.online} of ${cohort.known} devices online, ${cohort.training} training, `
      + `${cohort.suspicious} suspicious; evidence e^${number(cohort.logEvidence)}, threshold `
      + `e^${number(cohort.logThreshold)}; policy version ${cohort.policyVersion} · `, age(cohort));
  };
  const draw = () => {
    head();
    big.draw(cohort.series, marksOf(cohort.alerts.filter((a) => a.scope !== 'DEVICE')));
  };
  draw();
  show(main, h('h1', {}, `Cohort ${name} `, incident),
    h('div', { class: 'bar' }, said, h('span', { class: 'push' }),
      link('Devices', 'devices', name)),
    h('div', { class: 'panel' }, h('div', { class: 'bigs' }, big.roots), marksKey()),
    h('h2', {}, 'Alerts of this cohort'),
    cohort.alerts.length
      ? h('div', { class: 'list' }, cohort.alerts.map((a) => alertPanel(a)))
      : empty(`No alert of cohort ${name} is known.`));
  watch([name]);
  return {
    cohort(summary) {
      append(cohort, summary);
      requestAnimationFrame(draw);
    },
    tick: head,
    beat: head,
    alert: (alert) => (alert.cohort === name ? 'again' : null),
  };
}
