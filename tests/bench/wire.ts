/*
 * What travels during a measurement, in plain words of the studio contract. Both the worker and the bare pair it is
 * compared with exchange exactly this, so that the difference is what the worker does with it.
 */

export type JobKind = 'json' | 'binary' | 'image' | 'picture';

/** A job of a real model. */
export interface ModelJob {
  readonly model: string;
  readonly source: object;
  readonly task: object;
}

/** Of the artifact that a binary job uploads. */
export const ARTIFACT_BYTES = 1024 * 1024;
export const WORKER_ID = 'bench-worker';
export const TOKEN = 'bench-token-4f1e7a0c5f1e7a0c';
export const SUB_PROTOCOL = 'studio-worker-v1';

const SMALL_SIDE_PX = 64;
/** Of an image as it is usually asked for. */
export const USUAL_SIDE_PX = 512;
export const PROMPT = 'a short question about a fox that is asked many times over';
const TASKS: Readonly<Record<JobKind, object>> = {
  json: { kind: 'llm', messages: [{ role: 'user', content: PROMPT }], maxTokens: 64, temperature: 0.5 },
  binary: { kind: 'audio_tts', text: PROMPT, voice: 'default', ext: 'wav' },
  image: { kind: 'image', prompt: PROMPT, width: SMALL_SIDE_PX, height: SMALL_SIDE_PX, steps: 4, ext: 'webp' },
  picture: { kind: 'image', prompt: PROMPT, width: USUAL_SIDE_PX, height: USUAL_SIDE_PX, steps: 4, ext: 'webp' },
};

export const CLI_DEFAULTS = { cfgScale: 1, steps: 8, width: 512, height: 512 };
const SYNTHETIC = { engine: 'synthetic', files: [], cliDefaults: CLI_DEFAULTS };
const claimOf = ({ model, task, source }: ModelJob): object => ({ model, task, modelSource: source });

/** An offer as a studio writes it. */
export const offerText = (jobId: string, job: JobKind | ModelJob): string =>
  JSON.stringify({
    type: 'offer',
    claim: {
      jobId,
      gameId: 'bench',
      assetName: 'bench/fox',
      vramGbEstimate: 1,
      ...(typeof job === 'string' ? { model: 'synthetic', task: TASKS[job], modelSource: SYNTHETIC } : claimOf(job)),
    },
  });

/** The frame that delivers a JSON result, of the size that the synthetic engine's takes. */
export const completeJsonText = (jobId: string): string =>
  JSON.stringify({
    type: 'completeJson',
    jobId,
    result: {
      object: 'chat.completion',
      model: 'synthetic-llm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: '[synthetic] reply to prompt #0123456789abcdef' },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 13, completion_tokens: 8, total_tokens: 21 },
    },
    prompt: PROMPT,
  });

/** Head and tail around an artifact's bytes in an upload (RFC 7578). */
export function multipartAround(jobId: string, boundary: string): readonly [head: string, tail: string] {
  const field = (name: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const file = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="${jobId}.wav"\r\n`;
  return [
    `${field('prompt', PROMPT)}${field('ext', 'wav')}${file}Content-Type: audio/wav\r\n\r\n`,
    `\r\n--${boundary}--\r\n`,
  ];
}
