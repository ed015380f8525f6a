import { errorChain, WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import { noChatTemplate } from '../model-file.ts';
import type { ChatModel } from './port.ts';
import { OPENING } from './reply.ts';
import { strftime } from './strftime.ts';

type Variables = Readonly<Record<string, unknown>>;

/** Words of the task's `reasoning` that ask for none. */
const NO_REASONING = new Set(['none', 'off', 'disabled']);

/** A chat as its model's template makes it. */
export interface PromptText {
  readonly text: string;
  /** Whether it ends with the tag that a thought opens with, so that the reply begins inside one. */
  readonly opensReasoning: boolean;
}

/** What a template may use beside the chat. */
export interface Rendering {
  /** The model's own variables. */
  readonly defaults: Variables | undefined;
  /** The present, for templates that tell the model the date. */
  readonly now: Date;
}

/** A chat as its model reads it. */
export interface Prompt extends Pick<PromptText, 'opensReasoning'> {
  readonly tokens: readonly number[];
}

/**
 * The tokens of a chat in the model's own template (studio contract). Nothing is ever cut from it.
 *
 * @throws WorkerError as `promptTextOf`
 */
export function promptOf(
  task: TaskOf<'llm'>,
  model: Pick<ChatModel, 'template' | 'wantsBos' | 'render' | 'tokenize'>,
  rendering: Rendering,
): Prompt {
  const { text, opensReasoning } = promptTextOf(task, model, rendering);
  const { bos } = model.template;
  // A second first token would make the model take the chat for two texts.
  const tokens = model.tokenize(model.wantsBos && !text.startsWith(bos) ? bos + text : text);
  if (tokens.length > 0) return { tokens, opensReasoning };
  throw emptyPrompt();
}

const emptyPrompt = (): WorkerError =>
  new WorkerError('task.invalid', 'the chat template produced an empty prompt', {
    hint: 'Create the job with at least one message.',
  });

/**
 * A chat in the model's own template (studio contract).
 *
 * @throws WorkerError `model.unusable` without a template that renders | `task.invalid` when it rejects the chat
 */
export function promptTextOf(
  task: TaskOf<'llm'>,
  model: Pick<ChatModel, 'template' | 'render'>,
  { defaults, now }: Rendering,
): PromptText {
  const { source, bos, eos } = model.template;
  if (source === undefined) throw noChatTemplate();
  const withTools = task.local?.is === 'tools' ? task.local : undefined;
  if (withTools !== undefined && withTools.tools.length > 0 && !KNOWS_TOOLS.test(source)) throw noTools();
  const system = task.system === undefined ? [] : [{ role: 'system', content: task.system }];
  const isUnusual = task.messages.length === 0 || task.chatTemplateKwargs !== undefined || withTools !== undefined;
  const variables = {
    messages: [...system, ...(withTools?.messages ?? task.messages)],
    ...(withTools !== undefined && withTools.tools.length > 0 && { tools: withTools.tools }),
    add_generation_prompt: true,
    bos_token: bos,
    eos_token: eos,
    [OUR_DATE]: (format: unknown) => strftime(String(format), now),
    [OUR_OBJECTION]: (because: unknown) => {
      throw new Objection(String(because));
    },
    ...defaults,
    ...reasoningVariables(task.reasoning),
    ...task.chatTemplateKwargs,
  };
  const text = rendered(model, { source, variables, isUnusual });
  return { text, opensReasoning: text.trimEnd().endsWith(OPENING) };
}

/** A template that never names them leaves them out without a word. */
const KNOWS_TOOLS = /\btools\b/;

const noTools = (): WorkerError =>
  new WorkerError('task.unsupported', 'the chat template of this model takes no tools', {
    hint: 'Ask without tools, or ask a model that was trained to call them.',
  });

/*
 * The renderer's own `strftime_now` knows few formats and lets others stand; what its `raise_exception` raises looks like
 * any other failure. Both cannot be replaced but from within. The line end after a statement is dropped.
 */
const OUR_DATE = 'studio_strftime_now';
const OUR_OBJECTION = 'studio_raise_exception';
const REPLACED = [
  ['strftime_now', OUR_DATE],
  ['raise_exception', OUR_OBJECTION],
] as const;
const withOurs = (source: string): string =>
  REPLACED.filter(([name]) => source.includes(name)).reduce(
    (text, [name, ours]) => `{% set ${name} = ${ours} %}\n${text}`,
    source,
  );

/** A template's own objection to a chat: that is the task's fault, and everything else that goes wrong the model's. */
class Objection extends Error {}

/** How much a model is to think, by the names that templates know: the first of gpt-oss, the second of Qwen and others. */
const reasoningVariables = (reasoning: string | undefined): Variables =>
  reasoning === undefined
    ? {}
    : { reasoning_effort: reasoning, enable_thinking: !NO_REASONING.has(reasoning.toLowerCase()) };

function rendered(
  model: Pick<ChatModel, 'render'>,
  {
    source,
    variables,
    isUnusual,
  }: { readonly source: string; readonly variables: Variables; readonly isUnusual: boolean },
): string {
  try {
    return model.render(withOurs(source), variables);
  } catch (thrown) {
    // No message, or variables of its own, is what a template need not foresee.
    const isTask = thrown instanceof Objection || isUnusual;
    const code = isTask ? 'task.invalid' : 'model.unusable';
    const hint = isTask
      ? 'Create the job with messages that this model knows: most take system, user and assistant.'
      : 'Offer another file of the model, or another model: its chat template cannot be used.';
    throw new WorkerError(code, `chat template: ${errorChain(thrown)}`, { cause: thrown, hint });
  }
}
