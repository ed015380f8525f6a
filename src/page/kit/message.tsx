import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icons/icons.tsx';

interface BannerProps {
  readonly tone: 'accent' | 'busy' | 'bad';
  readonly lead: string;
  readonly say: string;
  readonly action?: ComponentChildren;
}

const BANNER_ICONS = { accent: 'info', busy: 'warn', bad: 'failed' } as const;

/** Something to know about the page. Never a dialog. */
export const Banner = ({ tone, lead, say, action }: BannerProps) => (
  <div class="banner" data-tone={tone} role="status">
    <Icon name={BANNER_ICONS[tone]} />
    <div>
      <p>
        <strong>{lead}</strong>
      </p>
      <p>{say}</p>
    </div>
    {action}
  </div>
);

interface FailureProps {
  readonly what: string;
  /** What helps, under its own heading. */
  readonly help?: { readonly title: string; readonly say: string } | undefined;
  readonly actions?: ComponentChildren;
}

/** What happened, and what helps. */
export const Failure = ({ what, help, actions }: FailureProps) => (
  <div class="failure">
    <h2>
      <Icon name="failed" />
      <span>{what}</span>
    </h2>
    {help !== undefined && (
      <div class="stack stack--tight">
        <p class="medium">{help.title}</p>
        <p class="t2">{help.say}</p>
      </div>
    )}
    {actions !== undefined && <div class="line">{actions}</div>}
  </div>
);

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly say: string;
  readonly actions?: ComponentChildren;
}

/** Nothing is there, and what to do about it. */
export const Empty = ({ icon, title, say, actions }: EmptyProps) => (
  <div class="empty">
    <Icon name={icon} />
    <h2>{title}</h2>
    <p>{say}</p>
    {actions !== undefined && <div class="line">{actions}</div>}
  </div>
);

/** Why a whole form was not taken; read out at once. */
export const Refusal = ({ say }: { readonly say: string | undefined }) =>
  say === undefined ? null : (
    <p class="field__error" role="alert">
      <Icon name="failed" />
      {say}
    </p>
  );
