import { type KeySpec, texts } from '../key-types.ts';

/** Which GPUs of several the worker uses. */
export const GPU_KEYS = {
  allow_gpus: {
    group: 'engines',
    name: 'Only these GPUs',
    type: texts,
    applies: 'restart',
    sentence:
      'The only GPUs to use, by uuid, by the beginning of a uuid, or by a part of a name, such as `["4090"]`. Unset or empty means every GPU.',
  },
  deny_gpus: {
    group: 'engines',
    name: 'Not these GPUs',
    type: texts,
    applies: 'restart',
    sentence:
      'GPUs never to use, named likewise; wins over `allow_gpus`. Without any GPU left, engines run on the CPU.',
  },
} as const satisfies Record<string, KeySpec>;
