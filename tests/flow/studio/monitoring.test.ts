import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { needs } from '../../needs.ts';
import { objectionsOf } from '../../spec/metrics/promtool.ts';
import { TEST_MS } from '../wait-for.ts';
import { figuresOf } from './figures-of.ts';

setDefaultTimeout(TEST_MS);

/** What an operator copies from the documentation to watch a fleet must fit what studios tell. */
const DASHBOARD = 'docs/grafana-fleet-dashboard.json';
const RULES = 'docs/prometheus-rules.yaml';

/** Names of figures of a studio in a text, without what Prometheus adds to histograms. */
const figuresIn = (text: string): readonly string[] =>
  [...text.matchAll(/\bstudio_(?!worker_)\w+/g)].map(([name]) => name.replace(/_(?:bucket|sum|count)$/, ''));

test.each([DASHBOARD, RULES, 'docs/fleet.md'])('%s names figures that a studio has', async (file) => {
  await using studio = await fakeStudio();
  const { text } = await figuresOf(studio);
  const told = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name));
  const named = figuresIn(await readFile(file, 'utf8'));
  expect(named.length).toBeGreaterThan(15);
  expect([...new Set(named)].filter((name) => !told.has(name))).toEqual([]);
});

const Dashboard = v.object({
  panels: v.array(v.object({ id: v.number(), targets: v.array(v.object({ expr: v.string() })) })),
});

needs('promtool')('Prometheus can evaluate every expression of the dashboard', async () => {
  const { panels } = v.parse(Dashboard, JSON.parse(await readFile(DASHBOARD, 'utf8')));
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const exprs = panels.flatMap(({ targets }) =>
    targets.map(({ expr }) => expr.replaceAll(/\$(?:job|instance)/g, '.*')),
  );
  const rules = exprs.map((expr, at) => ({ record: `panel_${at}`, expr }));
  const folder = await mkdtemp(join(tmpdir(), 'rules-'));
  const file = join(folder, 'rules.json');
  await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  expect(await objectionsOf('', 'check', 'rules', file)).toContain(`SUCCESS: ${exprs.length} rules found`);
  await rm(folder, { recursive: true });
});

needs('promtool')('Prometheus accepts the example of its configuration, and the alerts', async () => {
  expect(await objectionsOf('', 'check', 'config', '--syntax-only', 'docs/prometheus.yaml')).toContain('SUCCESS');
  const alerts = (await readFile(RULES, 'utf8')).match(/- alert: /g)?.length;
  expect(await objectionsOf('', 'check', 'rules', RULES)).toContain(`SUCCESS: ${alerts} rules found`);
});

needs('promtool')('alerts begin and end when they are meant to', async () => {
  const tests = 'tests/fixtures/prometheus-rules-test.yaml';
  expect(await objectionsOf('', 'test', 'rules', tests)).toContain('SUCCESS');
});
