import { useEffect } from 'preact/hooks';
import { CONFIG_GROUPS } from '../../../base/config/groups.ts';
import type { ConfigField, ConfigView } from '../../../local-api/contract/config.ts';
import { MuteBadge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { CopyIcon } from '../../kit/copy.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { Banner } from '../../kit/message.tsx';
import { Page, Panel } from '../../kit/panel.tsx';
import { CONFIG } from '../../words/config.ts';
import { SHELL } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { isLive } from '../state.ts';
import { StaleBanner } from '../stale.tsx';
import { type SettingChange, changesIn } from './draft.ts';
import { SaveBar } from './save-bar.tsx';
import { Setting } from './setting.tsx';

/** What is set, what I changed, what is wrong, what waits for a restart. */
export function ConfigPage() {
  const { model, actions } = usePage();
  const { config, edits, link, route } = model;
  const isReachable = isLive(link.value);
  useEffect(() => {
    if (isReachable) void actions.readConfig();
  }, [isReachable, actions]);
  const { at } = route.value;
  // An address may name a group, which is there to scroll to only once the settings are.
  const isRead = config.value !== undefined;
  useEffect(() => {
    if (isRead && at !== undefined) document.getElementById(at)?.scrollIntoView({ block: 'start' });
  }, [at, isRead]);
  if (config.value === undefined) {
    return (
      <Page title={SHELL.pages.config}>
        <StaleBanner />
        {isReachable && <p class="note">{CONFIG.reading}</p>}
      </Page>
    );
  }
  // A key that nothing reads yet would be a control without an effect.
  const fields = config.value.fields.filter(({ applies }) => applies !== 'unused');
  const changes = changesIn(fields, edits.value);
  return (
    <Page title={SHELL.pages.config} head={<PathHead path={config.value.path} />} foot={<SaveBar changes={changes} />}>
      <div class="with-jump">
        <Jump fields={fields} changes={changes} />
        <div class="stack">
          <StaleBanner />
          <RestartBanner config={config.value} />
          <LaterNote />
          {CONFIG_GROUPS.map((group) => (
            <Group key={group} group={group} fields={fields} changes={changes} />
          ))}
        </div>
      </div>
    </Page>
  );
}

/** What the mark behind a key means. */
const LaterNote = () => (
  <p class="note line">
    <span class="later">
      <Icon name="retry" />
    </span>
    {CONFIG.later}
  </p>
);

const PathHead = ({ path }: { readonly path: string }) => (
  <div class="push line line--nowrap">
    <span class="note clip1 mono">{path}</span>
    <CopyIcon text={path} label={CONFIG.copyPath} />
  </div>
);

interface GroupsProps {
  readonly fields: readonly ConfigField[];
  readonly changes: readonly SettingChange[];
}

type GroupName = (typeof CONFIG_GROUPS)[number];
const inGroup = (fields: readonly ConfigField[], group: GroupName): readonly ConfigField[] =>
  fields.filter((field) => field.group === group);

/** A group whose keys are all unknown to the worker that answers is left out, head and all. */
function Group({ group, fields, changes }: GroupsProps & { readonly group: GroupName }) {
  const own = inGroup(fields, group);
  if (own.length === 0) return null;
  return (
    <Panel id={group} title={CONFIG.groups[group]}>
      {own.map((field) => (
        <Setting key={field.key} field={field} change={changes.find((change) => change.field === field)} />
      ))}
    </Panel>
  );
}

/** Marks where a reader changed something and where it was refused: on a long page both may be out of sight. */
function Jump({ fields, changes }: GroupsProps) {
  const { model } = usePage();
  return (
    <nav class="jump" aria-label={CONFIG.jump}>
      {CONFIG_GROUPS.filter((group) => inGroup(fields, group).length > 0).map((group) => {
        const own = changes.filter(({ field }) => field.group === group);
        const wrong = own.filter(({ field, error }) => (error ?? model.refusals.value[field.key]) !== undefined);
        return (
          <a
            key={group}
            href={hrefOf({ tab: 'config', at: group })}
            aria-current={model.route.value.at === group ? true : undefined}
          >
            {CONFIG.groups[group]}
            {wrong.length > 0 ? (
              <MuteBadge tone="bad" icon="failed" word={CONFIG.errors(wrong.length)} />
            ) : (
              own.length > 0 && (
                <span class="dot">
                  <span class="visually-hidden">{CONFIG.changed}</span>
                </span>
              )
            )}
          </a>
        );
      })}
    </nav>
  );
}

/** What waits for a restart, and the button that does it. */
function RestartBanner({ config }: { readonly config: ConfigView }) {
  const { actions } = usePage();
  const { fields, canRestart } = config;
  const waiting = fields.filter(({ needsRestart }) => needsRestart);
  if (waiting.length === 0) return null;
  return (
    <Banner
      tone="busy"
      lead={CONFIG.banner(waiting.length)}
      say={CONFIG.bannerSay(waiting.map(({ name }) => name).join(', '))}
      action={
        <Button icon="retry" off={canRestart ? undefined : CONFIG.cannotRestart} onPress={actions.restartWorker}>
          {CONFIG.restart}
        </Button>
      }
    />
  );
}
