import type { TaskOf } from '../../contract/tasks/index.ts';
import type { ImageRequest, SpeechRequest } from '../contract/openai/media.ts';

/** As many as the task has where a studio leaves them out (studio contract, image). */
const STEPS = 20;

type AskedImage = Pick<ImageRequest, 'prompt' | 'size' | 'output_format'> &
  Partial<Pick<ImageRequest, 'negative_prompt' | 'steps' | 'seed'>>;

/** The task of one image; `auto` or no size is the model's own. */
export function imageTaskOf(request: AskedImage): TaskOf<'image'> {
  const { prompt, size, output_format: format, negative_prompt: negativePrompt, steps, seed } = request;
  const [width = 0, height = 0] =
    size === null || size === undefined || size === 'auto' ? [] : size.split('x').map(Number);
  return {
    kind: 'image',
    prompt,
    width,
    height,
    steps: steps ?? STEPS,
    ext: format === 'jpeg' ? 'jpg' : (format ?? 'png'),
    ...(typeof negativePrompt === 'string' && { negativePrompt }),
    ...(typeof seed === 'number' && { seed: BigInt(seed) }),
  };
}

export function speechTaskOf({ input, voice, speed, response_format: ext }: SpeechRequest): TaskOf<'audio_tts'> {
  return { kind: 'audio_tts', text: input, voice, ext, ...(typeof speed === 'number' && { speed }) };
}
