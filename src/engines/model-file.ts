import { WorkerError } from '../base/errors.ts';
import { VISION_PROJECTOR } from '../contract/model-source.ts';
import type { ModelFiles } from './engine.ts';
import { roleMissing } from './failures.ts';

/*
 * Which file of a model an engine is for. The worker asks before it starts a child, which asks again; what the child does
 * with the file is not loaded here.
 */

/** What to offer where the file is missing. */
const HINTS = {
  onnx: 'Offer the model with a file of role `model`.',
  piper: 'Offer the model with the .onnx file of a voice as a file of role `model`.',
  'whisper-cpp': 'Offer the model with a file of role `model`, or put it into the folder `stt` of the models.',
} as const;

/**
 * The file of role `model`.
 *
 * @throws WorkerError `model.role-missing`
 */
export function modelFileOf(engine: keyof typeof HINTS, paths: ModelFiles['paths']): string {
  const path = paths.get('model');
  if (path !== undefined) return path;
  throw roleMissing(engine, 'model', HINTS[engine]);
}

/**
 * The file to load: of role `model`, or whichever else is a GGUF, though never the vision projector, which is one too.
 *
 * @throws WorkerError `model.role-missing`
 */
export function ggufOf({ model, paths }: Pick<ModelFiles, 'model' | 'paths'>): string {
  const others = [...paths].flatMap(([role, path]) => (role === VISION_PROJECTOR ? [] : [path]));
  const found = [paths.get('model'), ...others].find((path) => path?.toLowerCase().endsWith('.gguf'));
  if (found !== undefined) return found;
  throw new WorkerError('model.role-missing', `llama modelSource for \`${model}\` contained no .gguf file`, {
    hint: `Offer the model with a .gguf file of role \`model\`, or put ${model}.gguf into the folder \`llm\` of the models.`,
  });
}

/** A base model continues texts, and knows no turns of a chat. */
export const noChatTemplate = (): WorkerError =>
  new WorkerError('model.unusable', 'the GGUF carries no chat template', {
    hint: 'Offer an instruction-tuned form, often called `-it`, `-instruct` or `-chat`, which has `tokenizer.chat_template`: this is a base model or an embedding model.',
  });
