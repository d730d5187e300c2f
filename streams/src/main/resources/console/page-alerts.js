// Alerts: the list, one with its evidence, and what an operator thinks of it.
import { ask, badge, empty, facts, h, link, number, percent, show, time, words } from './dom.js';
import { get, isOperator, post, watch } from './api.js';
import { chart, marksKey, marksOf } from './charts.js';

const OPEN = { CRITICAL: 'bad', WARNING: 'warn', INFO: '' };

function status(alert) {
  return [badge(words(alert.kind), alert.open ? OPEN[alert.severity] : ''),
    badge(words(alert.status), alert.open ? 'bad' : 'good'),
    alert.silencedBy && badge('silenced'),
    alert.verification && badge(`${words(alert.verification.verdict)} says `
      + alert.verification.author)];
}

const whose = (alert) => alert.scope === 'DEVICE' ? link(alert.key, 'device', alert.key)
  : alert.scope === 'COHORT' ? link(alert.key, 'cohort', alert.key) : alert.key;

function verdictButtons(alert, done) {
  if (!isOperator()) return null;
  const give = (verdict, label) => h('button', { type: 'button', onclick: () => ask(
    `${label}: ${words(alert.kind)} of ${alert.key}`,
    verdict === 'true' ? 'The alert carries the verdict from now on.'
      : 'This ends an open incident; what is now becomes the reference.',
    [{ name: 'comment', label: 'Why (optional)', max: 500 }], 'Store verdict',
    async (values) => {
      const { said } = await post(`alerts/${encodeURIComponent(alert.id)}/feedback`,
        { verdict, comment: values.comment });
      done?.();
      return said;
    }) }, label);
  return h('div', { class: 'acts', role: 'group', 'aria-label': 'Your verdict' },
    give('true', 'True alarm'), give('false', 'False alarm'), give('benign', 'Benign'),
    h('button', { type: 'button', onclick: () => ask(
      `Silence ${words(alert.kind)} in ${alert.cohort}`,
      'Alerts of this kind and cohort are recorded, but pushed to nobody.',
      [{ name: 'hours', label: 'For how long', value: '4', options: [['1', '1 hour'],
        ['4', '4 hours'], ['24', '1 day'], ['168', '7 days']] },
      { name: 'comment', label: 'Why', max: 300 }], 'Silence',
      async (values) => {
        const { said } = await post(`alerts/${encodeURIComponent(alert.id)}/silence`,
          { hours: Number(values.hours), comment: values.comment });
        done?.();
        return said;
      }) }, 'Silence …'));
}

export function alertPanel(alert, done) {
  return h('article', { class: alert.open ? 'panel trouble' : 'panel' },
    h('header', {}, h('h3', {}, link(`${words(alert.kind)}: ${alert.key}`, 'alert', alert.id)),
      status(alert), h('span', { class: 'push' }),
      h('span', { class: 'small' }, 'raised ', time(alert.raisedAtMs))),
    h('p', {}, alert.sentence),
    verdictButtons(alert, done));
}

export async function alertsPage(main, _, query) {
  const only = query.get('only') || '';
  const page = Number(query.get('page') || 0);
  const list = await get(`alerts?only=${only}&page=${page}&size=50`);
  const turn = (to) => `#/alerts?only=${only}&page=${to}`;
  show(main, h('h1', {}, 'Alerts'),
    h('div', { class: 'bar' },
      h('a', { href: '#/alerts', 'aria-current': only ? null : 'page' }, 'All'),
      h('a', { href: '#/alerts?only=open', 'aria-current': only ? 'page' : null }, 'Open only'),
      h('span', { class: 'push' }), h('span', { class: 'small' }, `${list.total} alerts`),
      page > 0 && h('a', { href: turn(page - 1) }, 'Previous'),
      (page + 1) * 50 < list.total && h('a', { href: turn(page + 1) }, 'Next')),
    list.alerts.length ? h('div', { class: 'list' }, list.alerts.map((a) => alertPanel(a)))
      : empty(only ? 'No alert is open. All is quiet.' : 'No alert was ever raised.'));
  watch([]);
  return { alert: () => 'again' };
}

function evidence(alert) {
  const e = alert.evidence;
  return facts([
    ['Statistic', e.statistic],
    ['Before', number(e.baseline)],
    ['Now', `${number(e.current)} over ${number(e.samples)} samples`],
    ['Evidence', `e^${number(e.logEvidence)} (threshold e^${number(e.logThreshold)})`],
    ['False alarms', `at most ${number(e.impliedFalseAlarmsPerDay)} a day for the whole fleet`
      + (e.boundIsEmpirical ? ' (estimated, no proof)' : '')],
    ['Dispersion', number(e.dispersion)],
    ['Signals', alert.signals.join(', ')],
    ['Shared attribute', alert.attribute],
  ]);
}

export async function alertPage(main, [id]) {
  const alert = await get('alerts/' + encodeURIComponent(id));
  const series = alert.series;
  const marks = marksOf([alert]);
  const curve = (o, y) => {
    const drawn = chart({ min: 0, big: true, ...o });
    drawn.draw(series.t, y, marks);
    return drawn.root;
  };
  show(main,
    h('h1', {}, `${words(alert.kind)}: ${alert.key}`),
    h('div', { class: 'bar' }, status(alert), badge(words(alert.severity)),
      h('span', {}, 'of ', whose(alert), alert.key !== alert.cohort && alert.cohort
        && [' in ', link(alert.cohort, 'cohort', alert.cohort)])),
    h('p', {}, alert.sentence),
    series && h('div', { class: 'panel' }, h('div', { class: 'bigs' },
      curve({ name: `Accuracy of ${alert.cohort}`, format: percent, max: 1 }, series.accuracy),
      curve({ name: `Loss of ${alert.cohort}, nat`, format: number }, series.loss)), marksKey()),
    verdictButtons(alert),
    h('div', { class: 'two' },
      h('section', {}, h('h2', {}, 'Evidence'), h('div', { class: 'panel' }, evidence(alert))),
      h('section', {}, h('h2', {}, 'Life'), h('div', { class: 'panel' }, facts([
        ['Onset', time(alert.onsetMs)], ['Raised', time(alert.raisedAtMs)],
        ['Updated', time(alert.updatedAtMs)],
        ['Over', alert.resolvedAtMs ? time(alert.resolvedAtMs) : 'no, it is open'],
        ['Affected', `${alert.affectedDevices} of ${alert.cohortDevices} devices, `
          + `${alert.confirmedDevices} confirmed by their own evidence`],
        ['Done', alert.action],
        ['Silenced', alert.silencedBy && alert.silencedBy.reason],
        ['Verdict', alert.verification && `${words(alert.verification.verdict)} says `
          + `${alert.verification.author}: ${alert.verification.comment || 'no comment'}`],
      ])))),
    alert.topDevices.length > 0 && [h('h2', {}, 'Most evidence'),
      h('p', {}, alert.topDevices.flatMap((d) => [link(d, 'device', d), ' ']))]);
  watch([alert.cohort]);
  return { alert: (changed) => (changed.id === id ? 'again' : null) };
}
