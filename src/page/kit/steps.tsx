import type { ComponentChildren } from 'preact';
import { Icon } from './icons/icons.tsx';

export interface Step {
  readonly title: string;
  readonly say?: ComponentChildren;
}

interface StepsProps {
  readonly steps: readonly Step[];
  /** The place of the one that is under way; those before it are done. */
  readonly now: number;
  /** In a line, without what they say. */
  readonly line?: boolean;
}

/** What was done, what is done now, what is to come. */
export const Steps = ({ steps, now, line = false }: StepsProps) => (
  <ol class={line ? 'steps steps--line' : 'steps'}>
    {steps.map(({ title, say }, index) => (
      <li key={title} data-step={index < now ? 'done' : index === now ? 'now' : undefined}>
        <span class="steps__mark">{index < now ? <Icon name="check" small /> : index + 1}</span>
        {line ? (
          <span>{title}</span>
        ) : (
          <div>
            <p class="medium">{title}</p>
            <p class="t3 sm">{say}</p>
          </div>
        )}
      </li>
    ))}
  </ol>
);
