/**
 * Writes small weights and inputs, and serves them, to try real engines without a network: `bun run tiny-weights
 * FOLDER`. What docs/first-jobs.md shows was recorded with them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { maskPixels, IMAGE_SIZE, imagePixels, SPOKEN_TEXT } from '../src/demo/real.ts';
import { chatModel } from '../src/demo/weights/chat.ts';
import { inpaintingModel } from '../src/demo/weights/inpainting.ts';
import { transcribingModel } from '../src/demo/weights/transcriber.ts';
import { encodeWav } from '../src/base/media/wav.ts';
import { atTop } from './at-top.ts';

const RATE = 16_000;
const [HOST, PORT] = ['127.0.0.1', 8000] as const;
const ORIGIN = `http://${HOST}:${PORT}`;

/** A hum of two seconds: the recogniser of these weights hears its one sentence in anything. */
const recording = (): Uint8Array =>
  encodeWav(
    Int16Array.from({ length: 2 * RATE }, (_, at) => 9_000 * Math.sin((2 * Math.PI * 220 * at) / RATE)),
    RATE,
  );

const png = (pixels: Uint8Array, channels: 1 | 3): Promise<Uint8Array> =>
  sharp(pixels, { raw: { ...IMAGE_SIZE, channels } })
    .png()
    .toBuffer();

async function main(): Promise<void> {
  const [folder = 'tiny-weights'] = process.argv.slice(2);
  const files: Readonly<Record<string, string | Uint8Array>> = {
    'tiny-chat.gguf': chatModel(),
    'tiny-whisper.bin': transcribingModel({ text: SPOKEN_TEXT }),
    'tiny-lama.onnx': inpaintingModel(),
    'speech.wav': recording(),
    'picture.png': await png(imagePixels(), 3),
    'mask.png': await png(maskPixels(), 1),
    'removal.json': JSON.stringify({
      kind: 'image',
      prompt: 'remove the red ball',
      initImageUrl: `${ORIGIN}/picture.png`,
      maskUrl: `${ORIGIN}/mask.png`,
    }),
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  Bun.serve({
    hostname: HOST,
    port: PORT,
    fetch: ({ url }) => {
      const content = files[new URL(url).pathname.slice(1)];
      return content === undefined ? new Response('no such file', { status: 404 }) : new Response(Buffer.from(content));
    },
  });
  console.log(`${Object.keys(files).join(', ')} are in ${folder}, and at ${ORIGIN} until you press Ctrl-C`);
}

if (import.meta.main) await atTop(main);
