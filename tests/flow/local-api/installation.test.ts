import { expect, setDefaultTimeout, test } from 'bun:test';
import { installationView } from '../../../src/compose/worker/installation-view.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

test('the doctor of a running worker runs every check, and one run serves all', async () => {
  await using at = await setupApi();
  const { config, effects, composed } = at.worker;
  const view = installationView({ config, effects }, composed.control);
  const [one, other] = await Promise.all([view.examine(), view.examine()]);
  expect(one).toBe(other);
  expect(one.find(({ id }) => id === 'config.valid')).toMatchObject({ is: 'ok' });
  expect(one.length).toBeGreaterThan(10);
});

test.each([
  ['config', (folder: string) => folder],
  ['models', (_: string, modelsRoot: string) => modelsRoot],
] as const)('the %s folder is shown by the program of this desktop', async (place, expected) => {
  await using at = await setupApi();
  const { config, effects, composed, folder } = at.worker;
  const started: unknown[] = [];
  const environment = { ...effects.environment, platform: 'darwin' as const };
  const view = installationView(
    {
      config,
      effects: { ...effects, environment },
      start: (program, args) => {
        started.push([program, ...args]);
        return Promise.resolve('started');
      },
    },
    composed.control,
  );
  const shown = expected(folder, config.current.models_root);
  expect(await view.open(place)).toEqual({ opened: true, folder: shown });
  expect(started).toEqual([['open', shown]]);
});

test('without a desktop nothing is started, and the folder is named', async () => {
  await using at = await setupApi();
  const { config, effects, composed } = at.worker;
  const environment = { ...effects.environment, platform: 'linux' as const, get: () => undefined };
  const start = (): Promise<'started'> => Promise.reject(new Error('nothing was to be started'));
  const view = installationView({ config, effects: { ...effects, environment }, start }, composed.control);
  expect(await view.open('models')).toEqual({ opened: false, folder: config.current.models_root });
});

test('a worker that knows nothing of its installation says so', async () => {
  await using at = await setupApi();
  for (const path of ['/doctor', '/update/check']) {
    expect(await at.post(path)).toMatchObject({ status: 409, body: { error: 'not_possible' } });
  }
  expect(await at.post('/places/open', { place: '/etc' })).toMatchObject({ status: 400 });
});
