import { artifactContentType } from '../../contract/upload.ts';
import type { TaskResult } from '../../engines/result.ts';
import { readEditFields, type ImageRequest, transcriptIn, readTranscriptionFields } from '../contract/openai/media.ts';
import { readForm } from '../http/form.ts';
import { ApiFailure, jsonReply, textReply } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';
import { answerChat } from '../openai/chat.ts';
import { editMask } from '../openai/edit-mask.ts';
import { artifactOf, artifactReply, jsonOf, runAsked } from '../openai/ask.ts';
import { imageTaskOf, speechTaskOf } from '../openai/media-tasks.ts';
import { modelFor } from '../openai/model-for.ts';
import { answerResponse } from '../openai/responses/responses.ts';
import { transcriptAs } from '../openai/transcript.ts';
import { knownModels, type LocalJobParts } from './one-off.ts';

type ChatRoute = 'openAiModels' | 'chatCompletions' | 'responses';
type MediaRoute = 'imageGenerations' | 'imageEdits' | 'audioSpeech' | 'audioTranscriptions';

/** Routes that clients of OpenAI's API speak. */
export const openAiHandlers = (parts: LocalJobParts): Pick<Handlers, ChatRoute | MediaRoute> => ({
  ...chatHandlers(parts),
  ...imageHandlers(parts),
  ...audioHandlers(parts),
});

function chatHandlers(parts: LocalJobParts): Pick<Handlers, ChatRoute> {
  const known = knownModels(parts);
  return {
    openAiModels() {
      const data = known.list().filter(({ enabled }) => enabled);
      return jsonReply({ object: 'list', data: data.map(listed) });
    },
    async chatCompletions({ body, request }) {
      const entry = await modelFor(body.model, 'llm', known);
      return await answerChat(body, { entry, signal: request.signal }, parts);
    },
    async responses({ body, request }) {
      const entry = await modelFor(body.model, 'llm', known);
      return await answerResponse(body, { entry, signal: request.signal }, parts);
    },
  };
}

/** Nobody knows when a model was made; the API's type wants a number. */
const listed = ({ id, origin }: { readonly id: string; readonly origin: string }) => ({
  id,
  object: 'model',
  created: 0,
  owned_by: origin,
});

function imageHandlers(parts: LocalJobParts): Pick<Handlers, 'imageGenerations' | 'imageEdits'> {
  const known = knownModels(parts);
  const { local, heldInputs, images, clock } = parts;
  const imagesReply = (results: readonly TaskResult[], form: ImageRequest['response_format']): Response =>
    jsonReply({ created: Math.floor(clock.now() / 1000), data: results.map((result) => shown(result, form ?? 'url')) });
  return {
    async imageGenerations({ body, request: { signal } }) {
      const entry = await modelFor(body.model, 'image', known);
      const results = await several(body.n ?? 1, body.seed, async (seed) => {
        const task = imageTaskOf({ ...body, ...(seed !== undefined && { seed }) });
        return (await runAsked({ entry, task }, { signal }, local)).result;
      });
      return imagesReply(results, body.response_format);
    },
    async imageEdits({ request }) {
      const form = await readForm(readEditFields, request);
      const entry = await modelFor(form.fields.model, 'image', known);
      using image = heldInputs.hold(await form.file('image'));
      using mask = form.has('mask') ? heldInputs.hold(await editMask(await form.file('mask'), images)) : undefined;
      const task = {
        ...imageTaskOf(form.fields),
        initImageUrl: image.url,
        ...(mask !== undefined && { maskUrl: mask.url }),
      };
      const { signal } = request;
      const results = await several(form.fields.n ?? 1, undefined, async (seed) => {
        const seeded = { ...task, ...(seed !== undefined && { seed: BigInt(seed) }) };
        return (await runAsked({ entry, task: seeded }, { signal }, local)).result;
      });
      return imagesReply(results, form.fields.response_format);
    },
  };
}

/** One after the other, since one machine makes them. The same seed would make the same image: each has the next one. */
async function several(
  count: number,
  seed: number | null | undefined,
  make: (seed: number | undefined) => Promise<TaskResult>,
): Promise<readonly TaskResult[]> {
  const results: TaskResult[] = [];
  for (let at = 0; at < count; at++) {
    results.push(await make(typeof seed === 'number' ? seed + at : count > 1 ? at : undefined));
  }
  return results;
}

function shown(result: TaskResult, form: 'b64_json' | 'url'): { readonly b64_json: string } | { readonly url: string } {
  const { bytes, ext } = artifactOf(result);
  const base64 = Buffer.from(bytes).toString('base64');
  return form === 'b64_json' ? { b64_json: base64 } : { url: `data:${artifactContentType(ext)};base64,${base64}` };
}

function audioHandlers(parts: LocalJobParts): Pick<Handlers, 'audioSpeech' | 'audioTranscriptions'> {
  const known = knownModels(parts);
  const { local, heldInputs } = parts;
  return {
    async audioSpeech({ body, request: { signal } }) {
      const asked = { entry: await modelFor(body.model, 'audio_tts', known), task: speechTaskOf(body) };
      return artifactReply((await runAsked(asked, { signal }, local)).result);
    },
    async audioTranscriptions({ request }) {
      const form = await readForm(readTranscriptionFields, request);
      const { model, language, prompt, response_format: format, 'timestamp_granularities[]': times } = form.fields;
      const entry = await modelFor(model, 'audio_stt', known);
      using recording = heldInputs.hold(await form.file('file'));
      const task = {
        kind: 'audio_stt',
        inputUrl: recording.url,
        ...(language !== undefined && { language }),
        ...(prompt !== undefined && { prompt }),
        ...(times === 'word' && { timestamps: 'word' }),
      } as const;
      const { result } = await runAsked({ entry, task }, { signal: request.signal }, local);
      const transcript = transcriptIn(jsonOf(result));
      if (transcript === undefined) throw new ApiFailure(500, 'engine_failed', 'the engine returned no transcript');
      const shownAs = transcriptAs(format, transcript);
      return typeof shownAs === 'string' ? textReply(shownAs) : jsonReply(shownAs);
    },
  };
}
