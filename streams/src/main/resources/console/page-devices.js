// Devices of a cohort, page by page, and one device with why it may do what it may.
import { badge, empty, facts, h, link, number, percent, show, table, time, words }
  from './dom.js';
import { get, watch } from './api.js';
import { chart } from './charts.js';

const SIZE = 50;
const RATE_UNITS = 1 << 20;
const LAST_LAYER_ALONE = 15;
const NORM_UNITS = 1 << 24;
const STANDINGS = { STABLE: 'good', WATCH: 'warn', DRIFT: 'bad', TRIAL: 'warn', FAULT: 'bad',
  RECOVERING: 'warn' };

export async function devicesPage(main, [cohort], query) {
  const only = query.get('only') || 'all';
  const after = query.get('after') || '';
  const cohorts = (await get('cohorts?size=48')).cohorts.map((c) => c.cohort);
  const chosen = cohort || cohorts[0];
  const pick = h('input', { list: 'cohorts', value: chosen || '', maxlength: 32 });
  const filter = h('select', {}, [['all', 'All'], ['trouble', 'In trouble'],
    ['offline', 'Offline']].map(([value, text]) =>
    h('option', { value, selected: value === only }, text)));
  const device = h('input', { type: 'search', maxlength: 64 });
  const bar = h('form', { class: 'bar', onsubmit: (event) => {
    event.preventDefault();
    location.hash = device.value ? `#/device/${encodeURIComponent(device.value)}`
      : `#/devices/${encodeURIComponent(pick.value)}?only=${filter.value}`;
  } },
  h('label', {}, 'Cohort', pick), h('datalist', { id: 'cohorts' },
    cohorts.map((name) => h('option', { value: name }))),
  h('label', {}, 'Which', filter), h('label', {}, 'or one device, by its id', device),
  h('button', { type: 'submit' }, 'Show'));
  show(main, h('h1', {}, chosen ? `Devices of ${chosen}` : 'Devices'), bar);
  watch([]);
  if (!chosen) {
    main.append(empty('No device has reported yet.'));
    return {};
  }
  const page = await get(`devices?cohort=${encodeURIComponent(chosen)}&only=${only}`
    + `&size=${SIZE}&after=${encodeURIComponent(after)}`);
  const rows = page.devices.map((d) => [
    link(d.device, 'device', d.device),
    d.online ? badge('online', 'good') : badge('offline'),
    badge(words(d.standing), STANDINGS[d.standing]),
    d.alert ? badge(words(d.alert), 'bad') : '–',
    d.errorRate === null ? '–' : percent(d.errorRate),
    d.training ? 'trains' : 'frozen',
    `${Math.max(0, d.applied)} of ${d.issued}`
      + (d.refusal ? ` (refused: ${words(d.refusal)})` : ''),
    words(d.reason),
    percent(d.lossShare),
    d.attributes.join(', ')]);
  main.append(rows.length ? table(`Devices of ${chosen}, in the order of their ids`,
    [['Device'], ['Link'], ['State'], ['Alert'], ['Error', 'num'], ['Training'],
      ['Budget', 'num'], ['Because'], ['Reports lost', 'num'], ['Attributes', 'wrap']], rows)
    : empty(page.next ? 'None among those looked at; go on with “More”.'
      : only === 'all' ? `Cohort ${chosen} has no device.` : `Cohort ${chosen} has no such device.`));
  main.append(h('div', { class: 'bar' }, after && h('a', { href:
      `#/devices/${encodeURIComponent(chosen)}?only=${only}` }, 'First page'),
  page.next && h('a', { href: `#/devices/${encodeURIComponent(chosen)}?only=${only}`
      + `&after=${encodeURIComponent(page.next)}` }, 'More')));
  return {};
}

function terms(t) {
  if (!t.training) return 'no training';
  const layers = t.firstTrainableLayer === LAST_LAYER_ALONE ? 'the last layer'
    : `layers from ${t.firstTrainableLayer} on`;
  return `trains ${t.lambdaMinPermille / 10}..${t.lambdaMaxPermille / 10} % of the structures of `
    + `${layers}, rate ${number(t.learningRate / RATE_UNITS)}, `
    + (t.trainEveryNth === 1 ? 'every sample' : `every ${t.trainEveryNth}th sample`)
    + (t.pseudoLabelPermille ? `, unlabelled from ${t.pseudoLabelPermille / 10} % confidence on`
      : ', labelled ones only')
    + `, ${t.energyCapacityMilliJoule} mJ and ${t.energyRefillMilliJoulePerHour} mJ/h`;
}

function budget(card, ack) {
  const b = card?.budgetRecord;
  if (!b) return h('p', {}, 'No budget was issued: it follows its factory budget.');
  const answer = !ack ? 'it has not answered yet'
    : ack.outcome === 'REFUSED'
      ? `it refused budget ${ack.answeredVersion}: ${words(ack.refusal)} ${ack.field}`
      : ack.versionInForce === b.version ? 'applied'
        : ack.versionInForce > b.version ? `it is on ${ack.versionInForce} already`
          : `still on ${ack.versionInForce}: offline, or the newer one is on its way`;
  return facts([['Version', `${b.version}, for ${words(b.reason)}`],
    ['Issued', time(b.issuedAtMs)], ['Policy', `version ${b.policyVersion}`],
    ['May', terms(b.terms)], ['Answer', answer],
    ['Ends', b.timeToLiveS ? `${b.timeToLiveS} s after it was applied, then `
      + words(b.onExpiry) : 'never']]);
}

// Between two reports of one boot; of others nothing can be said.
function differences(reports, of) {
  return reports.slice(1).map((now, i) => {
    const before = reports[i];
    return now.bootNonce === before.bootNonce && now.bootCounter === before.bootCounter
      ? of(before, now) : null;
  });
}

const share = (part, whole) => (whole > 0 ? part / whole : null);

function reportCurves(reports) {
  if (reports.length < 2) return empty('Too few reports for curves yet.');
  // The device's own clock is not trusted: the reports' numbers are the axis, 1 s each.
  const start = Date.now() - reports.length * 1000;
  const t = reports.slice(1).map((_, i) => start + i * 1000);
  const curve = (name, of, format) => {
    const drawn = chart({ name, format, min: 0 });
    drawn.draw(t, differences(reports, of));
    return drawn.root;
  };
  return h('div', { class: 'minis' },
    curve('Accuracy', (a, b) => share(b.samplesCorrect - a.samplesCorrect,
      b.samplesLabelled - a.samplesLabelled), percent),
    curve('Trained', (a, b) => share(b.samplesTrained - a.samplesTrained,
      b.samplesSeen - a.samplesSeen), percent),
    curve('Energy, µJ', (a, b) => b.energyMicroJoule - a.energyMicroJoule, number));
}

function layers(reports) {
  const last = reports.at(-1);
  if (!last || !last.layers.length) return empty('It has reported no layer yet.');
  const before = reports.at(-2);
  const sameBoot = before && before.bootNonce === last.bootNonce
    && before.layers.length === last.layers.length;
  const rows = last.layers.map((layer, i) => {
    const old = sameBoot ? before.layers[i] : {};
    const since = (name) => layer[name] - (old[name] || 0);
    const norm = share(since('gradNormSquareSum') / NORM_UNITS, since('gradSamples'));
    return [last.firstLayer + i, norm === null ? '–' : number(Math.sqrt(norm)),
      number(layer.gradAbsMax / NORM_UNITS), number(Math.sqrt(layer.weightNormSquare / NORM_UNITS)),
      percent(share(since('codesChanged'), since('codesVisited'))),
      percent(share(since('saturatedX'), since('totalX'))),
      percent(share(since('structuresUpdated'), since('structuresOffered')))];
  });
  return table(sameBoot ? 'Layers, since the report before' : 'Layers, since boot',
    [['Layer', 'num'], ['Gradient norm', 'num'], ['Largest', 'num'], ['Weight norm', 'num'],
      ['Codes changed', 'num'], ['Inputs clamped', 'num'], ['Structures trained', 'num']], rows);
}

function why(decisions) {
  if (!decisions.length) return empty('No decision on it was found among the latest.');
  return table('Decisions, the last one first',
    [['When'], ['From'], ['To'], ['Because'], ['What', 'wrap'], ['Alert']],
    [...decisions].reverse().map((d) => [time(d.decidedAtMs), words(d.from), words(d.to),
      words(d.reason), d.sentence, d.alertId ? link('open', 'alert', d.alertId) : '–']));
}

export async function devicePage(main, [id]) {
  const device = await get('devices/' + encodeURIComponent(id));
  const { intake, card, status, ack, reports, decisions } = device;
  const last = reports.at(-1);
  show(main, h('h1', {}, `Device ${id}`),
    h('div', { class: 'bar' },
      (card?.online ?? intake.online) ? badge('online', 'good') : badge('offline'),
      card?.standing && badge(words(card.standing), STANDINGS[card.standing]),
      (card?.alerts || []).map((a) => link(words(a.kind), 'alert', a.id)),
      h('span', { class: 'push' }),
      intake.cohort && link(`Cohort ${intake.cohort}`, 'cohort', intake.cohort)),
    h('div', { class: 'two' },
      h('section', {}, h('h2', {}, 'Budget'), h('div', { class: 'panel' }, budget(card, ack))),
      h('section', {}, h('h2', {}, 'Last values'), h('div', { class: 'panel' }, facts([
        ['Last report', intake.lastReportMs ? time(intake.lastReportMs) : 'none yet'],
        ['Boot, report', `${intake.boot}, ${intake.sequence}`],
        ['Firmware', status?.firmware], ['Board', status?.board],
        ['Error lately', card && card.errorRate !== null && percent(card.errorRate)],
        ['Reports lost', card && percent(card.lossShare)],
        ['Samples since boot', last && `${number(last.samplesSeen)} seen, `
          + `${number(last.samplesLabelled)} labelled, ${number(last.samplesTrained)} trained`],
        ['Energy since boot', last && `${number(last.energyMicroJoule / 1000)} mJ (estimate)`],
        ['Attributes', card?.attributes?.join(', ')],
      ])))),
    h('h2', {}, `Last ${reports.length} reports`), h('div', { class: 'panel' },
      reportCurves(reports)),
    h('h2', {}, 'Layers'), layers(reports), h('h2', {}, 'Why it may do what it may'),
    why(decisions));
  watch([]);
  return {};
}
