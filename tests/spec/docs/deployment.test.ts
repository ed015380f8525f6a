import { expect, test } from 'bun:test';
import { readFile, writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { needs } from '../../needs.ts';
import { answerOf } from '../service/facts.ts';

/** What an operator copies from the documentation to bring studios up must work as it stands. */
const UNIT = 'studio-worker-studio.service';
const unitText = await readFile(`docs/${UNIT}`, 'utf8');
const composeText = await readFile('docs/compose.yaml', 'utf8');
const HELP = await readFile('tests/fixtures/cli/help-studio.txt', 'utf8');
const OPERATIONS = await readFile('docs/operations.md', 'utf8');

const Compose = v.object({
  services: v.record(
    v.string(),
    v.object({
      image: v.string(),
      command: v.optional(v.string()),
      environment: v.optional(v.record(v.string(), v.string())),
      depends_on: v.optional(v.union([v.array(v.string()), v.record(v.string(), v.object({ condition: v.string() }))])),
      healthcheck: v.optional(v.unknown()),
      volumes: v.optional(v.array(v.string())),
    }),
  ),
  volumes: v.record(v.string(), v.null()),
});
const compose = v.parse(Compose, Bun.YAML.parse(composeText));
const services = Object.entries(compose.services);

/** The unit with a program that is there. */
async function withUnit<T>(use: (path: string, folder: string) => Promise<T>): Promise<T> {
  await using folder = await tempFolder();
  await writeFile(folder.at(UNIT), unitText.replace('/usr/local/bin/studio-worker', '/bin/true'));
  return await use(folder.at(UNIT), folder.path);
}

needs('systemd-analyze')('systemd itself accepts the unit of a studio', async () => {
  const verified = await withUnit((unit, runtime) =>
    answerOf(['systemd-analyze', '--man=no', '--recursive-errors=no', 'verify', unit], '', {
      XDG_RUNTIME_DIR: runtime,
    }),
  );
  expect(verified).toEqual({ code: 0, output: '' });
});

needs('systemd-analyze')('the unit of a studio is rated as little exposed', async () => {
  const { output } = await withUnit((unit) =>
    answerOf(['systemd-analyze', '--offline=yes', '--no-pager', 'security', unit]),
  );
  const [, score = '10'] = /Overall exposure level for .*: ([\d.]+)/.exec(output) ?? [];
  expect(Number(score)).toBeLessThan(4);
});

test('studios are started with flags and variables that there are', () => {
  const [, start = ''] = /^ExecStart=(.*)$/m.exec(unitText) ?? [];
  const commands = [start, ...services.flatMap(([, { command }]) => (command?.includes(' studio ') ? [command] : []))];
  expect(commands).toHaveLength(3);
  const flags = commands.flatMap((command) => command.match(/--[a-z-]+/g) ?? []);
  expect(flags.filter((flag) => !HELP.includes(`\n  ${flag} `))).toEqual([]);
  const variables = [...`${unitText}${composeText}`.matchAll(/\bSTUDIO_WORKER_[A-Z_]+/g)].map(([name]) => name);
  expect(variables.filter((name) => !OPERATIONS.includes(name))).toEqual([]);
});

test('the compose file names services and volumes that it has', () => {
  const named = services.flatMap(([, { depends_on: on = [] }]) => (Array.isArray(on) ? on : Object.keys(on)));
  expect(named.filter((name) => !(name in compose.services))).toEqual([]);
  const mounted = services.flatMap(([, { volumes = [] }]) => volumes.flatMap((each) => each.split(':')[0] ?? []));
  const folders = mounted.filter((name) => !(name in compose.volumes));
  expect([...new Set(folders)]).toEqual(['./studio-worker']);
  const awaited = services.flatMap(([, { depends_on: on = [] }]) =>
    Array.isArray(on) ? [] : Object.entries(on).filter(([, { condition }]) => condition === 'service_healthy'),
  );
  expect(awaited.filter(([name]) => compose.services[name]?.healthcheck === undefined)).toEqual([]);
});

test('the compose file explains each value that it takes from the environment', () => {
  const taken = [...composeText.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => name);
  const [explained = ''] = composeText.split('x-studio:');
  expect([...new Set(taken)].filter((name) => !explained.includes(`${name}=`))).toEqual([]);
  expect(new Set(taken).size).toBeGreaterThan(2);
});
