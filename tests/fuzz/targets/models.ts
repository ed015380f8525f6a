import { ok } from 'node:assert/strict';
import { foldedName, isPlainFileName } from '../../../src/base/foreign/file-name.ts';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { inpaintingModel } from '../../../src/demo/weights/inpainting.ts';
import { transcribingModel } from '../../../src/demo/weights/transcriber.ts';
import { voiceConfig } from '../../../src/demo/weights/voice.ts';
import { readVoice } from '../../../src/engines/piper/voice.ts';
import { hasPromptFormat } from '../../../src/models/headers/prompt-format.ts';
import { checkModelFile, type ReadableFile } from '../../../src/models/headers/check.ts';
import { describeModel } from '../../../src/models/headers/describe.ts';
import { isModelFileName, modelFolder } from '../../../src/models/names.ts';
import type { Corpus } from '../mutate.ts';
import type { Target } from '../target.ts';

const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const CODES = ['model.not-a-model', 'model.header-invalid', 'model.truncated'] as const;
/** A header is what is read; weights behind it only make inputs long. */
const HEADER_BYTES = 16 * 1024;

const fileOf = (bytes: Uint8Array): ReadableFile => ({
  sizeBytes: bytes.byteLength,
  read: async (at, sizeBytes) => bytes.subarray(at, at + sizeBytes),
});

const header = (name: string, filename: string, corpus: () => Corpus): Target => ({
  name,
  corpus,
  codes: CODES,
  run: async (bytes) => {
    ok(['model', 'unknown'].includes(describeModel(bytes).is));
    await hasPromptFormat(fileOf(bytes));
    await checkModelFile(fileOf(bytes), filename);
  },
});

function safetensors(): Uint8Array {
  const json = Buffer.from('{"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},"__metadata__":{"x":"y"}}');
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.byteLength));
  return Buffer.concat([size, json, Buffer.alloc(8)]);
}

const voices: Target = {
  name: 'voices',
  corpus: () => ({
    samples: [Buffer.from(JSON.stringify(voiceConfig({ speakers: ['ada'] })))],
    words: ['"phoneme_id_map"', '"espeak":{"voice":"', '[1]', '"num_speakers":'],
  }),
  codes: ['model.config-invalid'],
  run: (bytes) => readVoice(utf8(bytes)),
};

/** Ids and names become folders and files: one segment, whatever the system makes of them. */
const names: Target = {
  name: 'names',
  corpus: () => ({
    samples: [Buffer.from('org/model:v2.gguf'), Buffer.from('bin'), Buffer.from('a.b')],
    words: ['..', '/', '\\', 'con', 'LPT¹', 'ｂｉｎ', '\u200b', 'ſ', '.', ' ', ':', '~1', 'BIN', 'aux.'],
  }),
  run: (bytes) => {
    const name = utf8(bytes);
    const folder = modelFolder(name);
    ok(folder.length > 240 || isModelFileName(folder), `the folder ${JSON.stringify(folder)} is no plain name`);
    ok(
      !['bin', 'onnxruntime', 'llm', 'stt', ''].includes(foldedName(folder)),
      `the folder ${folder} is not the model's`,
    );
    if (isPlainFileName(name)) {
      for (const form of [name, foldedName(name), name.normalize('NFKC')]) ok(!/[/\\:]|^\.*$/.test(form));
    }
  },
};

export const MODELS: readonly Target[] = [
  header('gguf', 'm.gguf', () => ({
    samples: [chatModel().slice(0, HEADER_BYTES), chatModel().slice(0, 200)],
    words: ['GGUF', 'general.architecture', 'tokenizer.chat_template', 'clip', 'llama'],
  })),
  header('ggml', 'm.bin', () => ({
    samples: [transcribingModel().slice(0, 2 * HEADER_BYTES)],
    words: ['lmgg', 'silero'],
  })),
  header('safetensors', 'm.safetensors', () => ({
    samples: [safetensors()],
    words: ['"data_offsets":[', '"shape":[', '"dtype":"BF16"', '[', '{"a":', '4294967295'],
  })),
  header('onnx', 'm.onnx', () => ({
    samples: [inpaintingModel().slice(0, HEADER_BYTES)],
    words: ['image', '<!doctype html>'],
  })),
  voices,
  names,
];
