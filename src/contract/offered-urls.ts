import { isDataUrl } from '../base/urls.ts';
import { engineFacts, type ModelSource } from './model-source.ts';
import type { Task } from './tasks/index.ts';

/** A URL that whoever makes jobs has a worker fetch. */
export interface OfferedUrl {
  /** What it is of, for people. */
  readonly what: string;
  readonly url: string;
}

/** A model file by its URL, and by its name, under which it may be on a disk already. */
export interface OfferedFile extends OfferedUrl {
  readonly filename: string;
}

/** The files of a model that its engine reads. */
export const filesOffered = ({ engine, files }: ModelSource): readonly OfferedFile[] =>
  engineFacts(engine).readsFiles ? files.map(({ url, filename }) => ({ what: 'model', url, filename })) : [];

/** The inputs that a task names by URL; an empty URL is none, and images may be in the task itself. */
export function inputsOffered(task: Task): readonly OfferedUrl[] {
  switch (task.kind) {
    case 'image':
      return [
        ...named('init image', task.initImageUrl),
        ...named('mask', task.maskUrl),
        ...named('reference image', task.refImageUrl),
      ];
    case 'video':
      return named('init image', task.initImageUrl);
    case 'audio_stt':
      return named('audio', task.inputUrl);
    case 'llm':
      return (task.images ?? []).flatMap((url) => unlessInline(named('image', url)));
    case 'mesh':
      return unlessInline(named('image', task.imageUrl));
    case 'audio_tts':
      return [];
    default:
      return task satisfies never;
  }
}

const named = (what: string, url: string | undefined): readonly OfferedUrl[] =>
  url === undefined || url === '' ? [] : [{ what, url }];

const unlessInline = (urls: readonly OfferedUrl[]): readonly OfferedUrl[] => urls.filter(({ url }) => !isDataUrl(url));
