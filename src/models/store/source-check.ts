import {
  engineFacts,
  type ModelFile,
  type ModelSource,
  TORCH_PIPELINES,
  VISION_PROJECTOR,
} from '../../contract/model-source.ts';
import { WorkerError } from '../../base/errors.ts';
import { foldedName } from '../../base/foreign/file-name.ts';
import { quoted } from '../../base/foreign-text.ts';
import { isModelFileName, modelFolder, unsafeFileName } from '../names.ts';
import { digestProblem } from './target.ts';

type Problem = WorkerError | undefined;

/**
 * Why no job can run on a model of this source, whatever the machine, in the words with which it fails before a byte is
 * fetched: `model.role-missing` | `model.filename-unsafe` | `model.checksum-mismatch` | `task.unsupported`. Undefined when
 * nothing stands against it. An engine that reads no files has nothing against any of them.
 */
export function sourceProblem(model: string, { engine, files, cliDefaults }: ModelSource): Problem {
  if (!engineFacts(engine).readsFiles) return undefined;
  return (
    missingFile(model, { engine, files }) ??
    (engine === 'sd-cpp' ? loraProblem(files) : undefined) ??
    (engine === 'torch' ? torchProblem(cliDefaults) : undefined) ??
    nameProblem(model, files) ??
    files.map(digestProblem).find((problem) => problem !== undefined)
  );
}

function missingFile(model: string, { engine, files }: Pick<ModelSource, 'engine' | 'files'>): Problem {
  const { needs, folder, inMessages } = engineFacts(engine);
  // Without any file the model may be one that the operator put there.
  if (needs === undefined || (folder !== undefined && files.length === 0)) return undefined;
  if ('ending' in needs) {
    const { ending } = needs;
    if (weightsOf(files).some(({ filename }) => filename.toLowerCase().endsWith(ending))) return undefined;
    return new WorkerError(
      'model.role-missing',
      `${inMessages} modelSource for \`${model}\` contained no ${ending} file`,
      { hint: `Add the ${ending} file of the model to the model source, beside its vision projector if it has one.` },
    );
  }
  const { roles } = needs;
  if (files.some(({ role }) => roles.includes(role))) return undefined;
  return new WorkerError(
    'model.role-missing',
    `the source of model \`${model}\` has no file with the role ${roles.join(' or ')}`,
    { hint: `Add a file with the role \`${roles[0]}\` to the model source.` },
  );
}

/** What an engine may load as the model: the first file of each role counts, and a projector only comes beside a model. */
const weightsOf = (files: readonly ModelFile[]): readonly ModelFile[] =>
  files.filter(({ role }, at) => role !== VISION_PROJECTOR && files.findIndex((file) => file.role === role) === at);

/** A LoRA is applied by a tag in the prompt, which names it. */
function loraProblem(files: readonly ModelFile[]): Problem {
  const bad = files.find(({ role, filename }) => role === 'lora' && /[>:\s]/.test(filename));
  if (bad === undefined) return undefined;
  return new WorkerError(
    'model.filename-unsafe',
    `the LoRA file ${JSON.stringify(bad.filename)} cannot be named in a prompt: its name has a blank, ":" or ">"`,
    { hint: 'Correct `filename` in the model source.' },
  );
}

function nameProblem(model: string, files: readonly ModelFile[]): Problem {
  if (files.length > 0 && !isModelFileName(modelFolder(model))) {
    return new WorkerError('model.filename-unsafe', `the id of model ${quoted(model)} is too long to name a folder`, {
      hint: 'Give the model a shorter id.',
    });
  }
  const urls = new Map<string, string>();
  for (const { filename, url } of files) {
    if (!isModelFileName(filename)) return unsafeFileName(filename);
    // Two names that a file system takes for one would overwrite each other.
    const key = foldedName(filename);
    if ((urls.get(key) ?? url) !== url) {
      return new WorkerError('model.filename-unsafe', `two files of model \`${model}\` are called "${filename}"`, {
        hint: 'Give each file of the model source a name of its own.',
      });
    }
    urls.set(key, url);
  }
  return undefined;
}

/** Studio contract, meshes: both have to be named; the texts are its, too. */
function torchProblem({ pipeline, maxVramGib }: ModelSource['cliDefaults']): Problem {
  const known = TORCH_PIPELINES.join(', ');
  if (!pipeline) return torchNeeds('pipeline', `one of ${known}`);
  if (!TORCH_PIPELINES.some((name) => name === pipeline)) {
    return new WorkerError('task.unsupported', `unknown torch pipeline \`${pipeline}\` (this worker has: ${known})`, {
      hint: `Set \`pipeline\` in \`cliDefaults\` of the model source to one of ${known}.`,
    });
  }
  return maxVramGib !== undefined && maxVramGib > 0 ? undefined : torchNeeds('maxVramGib', 'the GiB that it may use');
}

const torchNeeds = (field: string, value: string): WorkerError =>
  new WorkerError('task.unsupported', `the torch engine needs \`${field}\` in the model's cliDefaults`, {
    hint: `Set \`${field}\` in \`cliDefaults\` of the model source to ${value}.`,
  });
