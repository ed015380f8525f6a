import { deepEqual, ok } from 'node:assert/strict';
import { openImages } from '../../../src/compose/children/images-child.ts';
import { encodeWav } from '../../../src/base/media/wav.ts';
import { framesOfAvi } from '../../../src/engines/sd-cpp/avi.ts';
import { cubeGlb } from '../../../src/engines/synthetic/glb.ts';
import { monoOf, readWav } from '../../../src/engines/whisper/wav.ts';
import { fileKind } from '../../../src/engines/whisper/file-kind.ts';
import { checkAudio } from '../../../src/jobs/results/audio.ts';
import { decodeBmp } from '../../../src/system/native/bmp.ts';
import { misnamed } from '../../../src/jobs/results/file-type.ts';
import { checkGlb } from '../../../src/jobs/results/glb.ts';
import { isFragmented, readMp4 } from '../../../src/jobs/results/mp4.ts';
import { readWebm } from '../../../src/jobs/results/webm.ts';
import { aBmp, anMp4, aWebm } from '../../spec/jobs/results/result-files.ts';
import type { Corpus } from '../mutate.ts';
import type { Target } from '../target.ts';

const ANSWERS = new Set(['good', 'bad', 'unchecked']);
function isAnswer({ is }: { readonly is: string }): void {
  ok(ANSWERS.has(is), `it answers ${is}`);
}
const VIDEO = { width: 96, height: 64, frames: 3, seconds: 1 };

/** Recordings from outside, and speech that an engine made. What is read as whole numbers is written as it was. */
const wav: Target = {
  name: 'wav',
  corpus: () => ({
    samples: [
      encodeWav(
        Int16Array.from({ length: 200 }, (_, at) => at * 100),
        16_000,
      ),
    ],
    words: ['RIFF', 'RF64', 'WAVE', 'fmt ', 'data', 'ds64', 'LIST', '\u00fe\u00ff'],
  }),
  run: (bytes) => {
    isAnswer(checkAudio(bytes, { mayBeSilent: false }));
    fileKind(bytes);
    const read = readWav(bytes);
    if (read.is !== 'wav') return;
    ok(read.wav.frames * read.wav.channels <= bytes.byteLength, 'there are more samples than bytes');
    const mono = monoOf(read.wav);
    ok(mono.every(Number.isFinite), 'a sample is no number');
    const again = readWav(
      encodeWav(
        Int16Array.from(mono, (level) => Math.max(-32_768, Math.min(32_767, level * 32_768))),
        16_000,
      ),
    );
    ok(again.is === 'wav' && again.wav.frames === mono.length, 'what was read does not come back');
  },
};

const reader = (name: string, corpus: () => Corpus, run: (bytes: Uint8Array) => unknown): Target => ({
  name,
  corpus,
  run,
});

const images = openImages();
const pixels = Uint8Array.from({ length: 16 * 8 * 3 }, (_, at) => (at * 37) % 256);
const picture = { width: 16, height: 8, channels: 3, pixels } as const;

/** Images of others, in the process that reads them, which none of them may end. */
const pictures: Target = {
  name: 'pictures',
  corpus: async () => {
    const [webp, png, jpeg, gif, tiff] = await Promise.all(
      (['webp', 'png', 'jpeg', 'gif', 'tiff'] as const).map((format) => images.encode({ ...picture, format })),
    );
    const samples = [png, jpeg, gif, tiff].filter((file) => file !== undefined);
    return {
      samples: [webp ?? pixels, ...samples, aBmp({ width: 5, height: 3, bits: 24, paint: (at) => at })],
      words: ['VP8X', 'ANMF', 'IHDR', 'IDAT', 'acTL', 'eXIf', 'Exif\0\0', '<svg'],
    };
  },
  codes: ['task.invalid'],
  run: async (bytes) => {
    const decoded = await images.decode(bytes).catch((thrown: unknown) => {
      ok(!/the process that read it/.test(String(thrown)), `it ends the process: ${String(thrown)}`);
      throw thrown;
    });
    deepEqual(decoded.pixels.byteLength, decoded.width * decoded.height * decoded.channels);
    const { width, height } = await images.probe(bytes);
    deepEqual([width, height], [decoded.width, decoded.height]);
  },
};

export const MEDIA: readonly Target[] = [
  wav,
  pictures,
  reader(
    'glb',
    () => ({ samples: [cubeGlb(pixels)], words: ['glTF', 'JSON', 'BIN\0'] }),
    (bytes) => isAnswer(checkGlb(bytes)),
  ),
  reader(
    'mp4',
    () => ({
      samples: [anMp4(VIDEO), anMp4({ ...VIDEO, wideTimes: true }), anMp4({ ...VIDEO, fragmented: true })],
      words: ['moov', 'trak', 'mdia', 'stsz', 'mdat'],
    }),
    (bytes) => {
      isFragmented(bytes);
      const facts = readMp4(bytes);
      if (facts !== undefined) ok(Object.values(facts).every(Number.isFinite), 'a fact is no number');
    },
  ),
  reader(
    'webm',
    () => ({ samples: [aWebm(VIDEO)], words: ['webm', '\u001aE\u00df\u00a3'] }),
    (bytes) => {
      const facts = readWebm(bytes);
      if (typeof facts === 'object') ok(Object.values(facts).every(Number.isFinite), 'a fact is no number');
    },
  ),
  reader(
    'bmp',
    () => ({
      samples: [24, 32].map((bits) =>
        aBmp({ width: 5, height: 3, bits: bits === 24 ? 24 : 32, paint: (at) => at }),
      ) as [Uint8Array, Uint8Array],
      words: ['BM'],
    }),
    (bytes) => {
      const image = decodeBmp(bytes);
      if (image !== undefined) ok(image.pixels.byteLength <= 4 * bytes.byteLength, 'it has more pixels than bytes');
      for (const ext of ['png', 'mp4', 'wav', 'glb']) misnamed(bytes, ext);
    },
  ),
  reader(
    'avi',
    () => ({
      samples: [Buffer.from('RIFF\x40\0\0\0AVI LIST\x20\0\0\0movi00dc\x04\0\0\0abcd00dc\x02\0\0\0ab', 'latin1')],
      words: ['RIFF', 'LIST', 'movi', '00dc'],
    }),
    (bytes) => ok(framesOfAvi(bytes).reduce((sum, frame) => sum + frame.byteLength, 0) <= bytes.byteLength),
  ),
];
