import { expect, test } from 'bun:test';
import { toWorkerError } from '../../../src/base/errors.ts';
import { realEffects } from '../../../src/compose/effects.ts';
import { composeMachineFacts } from '../../../src/compose/worker/machine-facts.ts';
import { allowedBaseUrl } from '../../../src/compose/studio-url.ts';
import { type ConfigStore, openConfigStore } from '../../../src/config/store.ts';
import { FakeClock, settle } from '../../fakes/system/fake-clock.ts';
import { MemoryFiles } from '../../fakes/system/memory-files.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';

const REAL = realEffects();

function setup() {
  const clock = new FakeClock();
  const log = recordingLogger();
  const environment = { ...REAL.environment, get: () => undefined };
  const config = (): Promise<ConfigStore> =>
    openConfigStore({
      path: '/c/config.toml',
      files: new MemoryFiles(),
      folders: environment,
      log,
      detectVramGb: () => Promise.resolve(0),
    });
  return { clock, log, config, effects: { ...REAL, clock, environment } };
}

test('a GPU that answers late is missing from hello and in the next frame', async () => {
  const { effects, clock, log, config } = setup();
  const answer = Promise.withResolvers<{ totalGb: number; reasons: string[]; silentGpus: number }>();
  const machine = { ...REAL.machine, vram: () => answer.promise };
  const probing = composeMachineFacts({ effects: { ...effects, machine }, config: await config(), engines: [], log });
  await settle();
  clock.advance(2_000);
  const facts = await probing;
  expect(facts.capabilities({ claiming: true })).toMatchObject({ vramTotalGb: 0, autoEnabled: true });
  answer.resolve({ totalGb: 24, reasons: [], silentGpus: 0 });
  await settle();
  expect(facts.capabilities({ claiming: false })).toMatchObject({ vramTotalGb: 24, autoEnabled: false });
});

test('why no GPU memory was found is logged', async () => {
  const { effects, clock, log, config } = setup();
  const reasons = ['nvidia-smi: not installed'];
  const machine = { ...REAL.machine, vram: () => Promise.resolve({ totalGb: 0, reasons, silentGpus: 0 }) };
  await composeMachineFacts({ effects: { ...effects, machine }, config: await config(), engines: [], log });
  expect(log.find('vram.unknown')?.fields).toEqual({ reasons });
  expect(clock.armed).toBe(0);
});

test('plain http to another machine must be allowed and is warned about', async () => {
  const { log, config } = setup();
  const store = await config();
  const refused = await store
    .update({ api_base_url: 'http://studio.example/' })
    .then((now) => allowedBaseUrl(now, log))
    .catch(toWorkerError);
  expect(refused).toMatchObject({ code: 'config.insecure-url' });
  const allowed = await store.update({ allow_insecure_http: true });
  expect(allowedBaseUrl(allowed, log)).toBe('http://studio.example/');
  expect(log.names()).toContain('studio.insecure');
});
