/**
 * The real worker, put together as `run` does, around an engine that has its artifact ready: what a binary job takes
 * here is the way through the worker, its outbox and the upload, and no engine's own time.
 */
import { openConfig } from '../../src/compose/config.ts';
import { realEffects } from '../../src/compose/effects.ts';
import { createQuarantine } from '../../src/engines/host/quarantine.ts';
import { openProcessLog } from '../../src/compose/log.ts';
import { composeWorker } from '../../src/compose/worker/worker.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { createSyntheticEngine } from '../../src/engines/synthetic/index.ts';
import { encodeWav } from '../../src/base/media/wav.ts';
import { onStopSignals } from '../../src/system/process/signals.ts';
import { noFfmpeg } from '../fakes/engines/ffmpeg.ts';
import { ARTIFACT_BYTES } from './wire.ts';

// Noise, which nothing can make smaller, in a file that the look before delivery finds good.
const noise = new Uint8Array(ARTIFACT_BYTES - encodeWav(new Int16Array(), 22_050).byteLength);
for (let at = 0; at < noise.byteLength; at += 65_536) crypto.getRandomValues(noise.subarray(at, at + 65_536));
const bytes = encodeWav(new Int16Array(noise.buffer), 22_050);

const effects = realEffects();
const noPicture = (): Promise<never> => Promise.reject(new Error('a 1 MiB job asks for no picture'));
const log = await openProcessLog({ logFormat: 'json', logLevel: undefined }, effects);
const steady: Engine = {
  ...createSyntheticEngine({
    ...effects,
    images: { encode: noPicture, encodeAnimation: noPicture, probe: noPicture, decode: noPicture },
    fetchImage: noPicture,
    ffmpeg: noFfmpeg(effects.environment.tempDir),
    log: log.logger,
  }),
  load: () =>
    Promise.resolve({
      process: undefined,
      ranOn: undefined,
      where: undefined,
      run: () => Promise.resolve({ is: 'artifact', bytes, ext: 'wav' }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};

const config = await openConfig(process.argv[2] ?? '', effects, { log: log.logger, watched: true });
// The real engines bring libraries that this program must not carry.
const quarantine = createQuarantine(effects.clock);
const cpuRule = { refusal: () => undefined };
const worker = await composeWorker({ effects, config, log, engines: [steady], quarantine, cpuRule });
onStopSignals(() => worker.signal());
process.exitCode = await worker.run();
config.close();
