// Policies, stopping the fleet, dead letters.
import { ask, badge, empty, h, link, show, table, time } from './dom.js';
import { get, isOperator, post, watch } from './api.js';

function stop(cohort, done) {
  ask(cohort ? `Freeze ${cohort}` : 'Freeze the whole fleet',
    'All training stops with the next round. Devices go on classifying and reporting.',
    [{ name: 'comment', label: 'Why', max: 300 }], 'Freeze',
    async ({ comment }) => {
      const { said } = await post('freeze', { cohort: cohort || '', comment });
      done();
      return said;
    });
}

function goOn(cohort, done) {
  ask(cohort ? `Thaw ${cohort}` : 'Thaw the whole fleet',
    'Undoes what freeze did; policies that are frozen by their own file stay frozen.', [], 'Thaw',
    async () => {
      const { said } = await post('thaw', { cohort: cohort || '' });
      done();
      return said;
    });
}

export async function policiesPage(main, _, __, again) {
  const { policies, history } = await get('policies');
  const act = (p) => !isOperator() ? null
    : p.frozen ? h('button', { type: 'button', onclick: () => goOn(p.cohort, again) }, 'Thaw')
      : h('button', { type: 'button', class: 'stop', onclick: () => stop(p.cohort, again) },
        'Freeze');
  const line = (p) => [p.cohort === '*' ? 'all others (*)' : p.cohort,
    link(`version ${p.version}`, 'policy', p.cohort, String(p.version)),
    time(p.appliedAtMs), p.author, p.comment,
    p.frozen ? badge('frozen', 'bad') : badge('may train', 'good'),
    p.silences ? `${p.silences}` : '–'];
  const heads = [['Cohort'], ['Version'], ['Applied'], ['By'], ['Comment', 'wrap'], ['State'],
    ['Silences', 'num']];
  show(main, h('h1', {}, 'Policies'),
    isOperator() && h('div', { class: 'bar' },
      h('button', { type: 'button', class: 'stop', onclick: () => stop('', again) },
        'Freeze the fleet …'),
      h('button', { type: 'button', onclick: () => goOn('', again) }, 'Thaw the fleet …')),
    policies.length
      ? table('In force', [...heads, ['']], policies.map((p) => [...line(p), act(p)]))
      : empty('No policy was applied: the built-in one holds for every cohort.'),
    h('h2', {}, 'History'),
    history.length ? table('Every version, the last one first', heads, history.map(line))
      : empty('No policy was ever applied.'),
    h('p', { class: 'small' }, 'A policy is a file: deploy/fleet policy validate FILE, then '
      + 'deploy/fleet policy apply FILE --kafka SERVERS.'));
  watch([]);
  return {};
}

export async function policyPage(main, [cohort, version]) {
  const policy = await get(`policies/${encodeURIComponent(cohort)}/${encodeURIComponent(version)}`);
  const { history } = await get('policies');
  const older = history.filter((p) => p.cohort === cohort && p.version < policy.version)
    .sort((a, b) => b.version - a.version)[0];
  const before = older
    ? await get(`policies/${encodeURIComponent(cohort)}/${older.version}`) : null;
  show(main, h('h1', {}, `Policy of ${cohort === '*' ? 'all others (*)' : cohort}, `
      + `version ${policy.version}`),
  h('p', {}, 'applied ', time(policy.appliedAtMs), ` by ${policy.author}: `,
    policy.comment || 'no comment'),
  before && [h('h2', {}, `What differs from version ${older.version}`), diff(before, policy)],
  h('h2', {}, 'The whole record'), h('pre', { tabindex: '0' }, JSON.stringify(policy, null, 2)));
  watch([]);
  return {};
}

const SAID_ABOVE = new Set(['version', 'appliedAtMs', 'author', 'comment']);

function flat(value, path, into) {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flat(inner, path ? `${path}.${key}` : key, into);
  } else {
    into[path] = JSON.stringify(value);
  }
  return into;
}

function diff(before, after) {
  const a = flat(before, '', {});
  const b = flat(after, '', {});
  const rows = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
    .filter((key) => a[key] !== b[key] && !SAID_ABOVE.has(key))
    .map((key) => [key, a[key] ?? '–', b[key] ?? '–']);
  return rows.length ? table('Differences', [['Setting'], ['Before', 'wrap'], ['Now', 'wrap']], rows)
    : empty('Nothing but version, author and comment.');
}

export async function deadPage(main) {
  const { deadLetters } = await get('dead-letters');
  show(main, h('h1', {}, 'Dead letters'),
    h('p', { class: 'small' }, 'What could not be used, as it came; the latest 200 per partition.'),
    deadLetters.length ? h('div', { class: 'list' }, deadLetters.map((d) =>
      h('article', { class: 'panel' },
        h('header', {}, h('h3', {}, d.key || 'no key'), badge(d.source || 'unknown topic'),
          h('span', { class: 'push' }),
          h('span', { class: 'small' }, d.place, ', ', time(d.atMs))),
        h('p', {}, d.reason),
        h('details', {}, h('summary', {}, `${d.size} bytes`),
          h('h3', {}, 'Decoded'), h('pre', { tabindex: '0' }, d.decoded),
          h('h3', {}, 'Hex'), h('pre', { tabindex: '0' }, d.hex || 'no bytes')))))
      : empty('Nothing was put aside. Every message could be used.'));
  watch([]);
  return {};
}
