import { expect, setDefaultTimeout } from 'bun:test';
import { copyFileSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { aTask } from '../../../fakes/builders.ts';
import { anFfmpeg } from '../../../fakes/engines/ffmpeg.ts';
import { monoOfWav } from '../../../fakes/engines/float-wav.ts';
import { piperScene, samplesOf } from '../../../fakes/engines/piper-engine.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';
import { needs, variable } from '../../../needs.ts';

/*
 * Whether words come out as words. Generated voices only hum, so this needs a real one of English and somebody to listen:
 * STUDIO_WORKER_PIPER_VOICE names the .onnx file of a Piper voice, with its .onnx.json beside it.
 */

setDefaultTimeout(120_000);

const VOICE = process.env['STUDIO_WORKER_PIPER_VOICE'] ?? '';
const LISTENER = 'pocketsphinx_continuous';

/** At this rate pocketsphinx listens. */
const RATE = 16_000;

/** What pocketsphinx understands, as words. */
async function understood(wav: Uint8Array): Promise<readonly string[]> {
  await using folder = await tempFolder();
  const { signal } = new AbortController();
  const samples = monoOfWav(await anFfmpeg(folder.path).decodeAudio(wav, { sampleRate: RATE, signal }));
  const raw = Int16Array.from(samples, (sample) => sample * 0x7fff);
  await writeFile(folder.at('speech.raw'), raw);
  const child = Bun.spawn([LISTENER, '-infile', folder.at('speech.raw'), '-logfn', '/dev/null'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return (await new Response(child.stdout).text()).trim().split(/\s+/);
}

needs(variable('STUDIO_WORKER_PIPER_VOICE'), LISTENER)(
  'a real voice is understood by somebody who listens',
  async () => {
    using scene = piperScene({ config: readFileSync(`${VOICE}.json`, 'utf8') });
    copyFileSync(VOICE, scene.files.paths.get('model') ?? '');
    const context = { signal: new AbortController().signal, progress: () => {}, emit: () => {} };
    await using model = await scene.engine.load(scene.files, context.signal, USUAL);
    const text = 'The fox crosses the ice. The sky turns green. Please open the door before you leave the room.';
    const result = await model.run(aTask({ kind: 'audio_tts', text }), context);
    if (result.is !== 'artifact') throw new Error('expected a sound');
    const { rate, samples } = samplesOf(result.bytes);
    expect(samples.length / rate).toBeGreaterThan(4);
    expect(samples.length / rate).toBeLessThan(12);
    expect(scene.log.names()).not.toContain('phonemes.dropped');
    const words = new Set(await understood(result.bytes));
    const said = text.toLowerCase().replaceAll('.', '').split(' ');
    expect(said.filter((word) => words.has(word)).length / said.length).toBeGreaterThan(0.7);
  },
);
