import { kindName } from '../../../contract/tasks/index.ts';
import { useState } from 'preact/hooks';
import type { ApiModel } from '../../../local-api/contract/models.ts';
import { bytes, bytesOf, percent, rate } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { Bar } from '../../kit/charts/bar.tsx';
import { Button, IconButton } from '../../kit/button.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { MODELS } from '../../words/models.ts';
import { SHARED } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { type ModelLook, sizeOf } from './look.ts';

interface ModelRowProps {
  readonly model: ApiModel;
  readonly look: ModelLook;
  readonly onRemove: () => void;
}

/** One model: what it is, where it stands, and the one thing to do with it. */
export function ModelRow({ model, look, onRemove }: ModelRowProps) {
  const [isOpen, setOpen] = useState(false);
  const size = sizeOf(model);
  return (
    <li class="row model">
      <span class="thumb">
        <Icon name={model.kind} />
      </span>
      <div class="grow">
        <p class="row__title medium">{model.displayName}</p>
        <p class="row__meta">
          <span>{kindName(model.kind)}</span>
          <span class="mono clip1">{model.id}</span>
        </p>
      </div>
      <span class="num model__size">
        {size === undefined ? <span class="t3">{SHARED.notKnown}</span> : bytes(size)}
      </span>
      <ModelState look={look} />
      <div class="model__do line line--nowrap">
        <MainButton model={model} look={look} />
        <IconButton
          icon="more"
          label={MODELS.moreFor(model.displayName)}
          expanded={isOpen}
          onPress={() => setOpen(!isOpen)}
        />
      </div>
      <Progress model={model} />
      {look.trouble !== undefined && (
        <div class="model__more">
          <p class="t2 sm">{look.trouble}</p>
        </div>
      )}
      {isOpen && <More model={model} onRemove={onRemove} />}
    </li>
  );
}

const ModelState = ({ look }: Pick<ModelRowProps, 'look'>) => (
  <div class="model__state">
    <p>
      <Badge plain tone={look.tone} icon={look.icon}>
        {look.word}
      </Badge>
    </p>
    <p class="note clip1">{look.note}</p>
  </div>
);

/** One action for each state, so that a row has one button and it is never a wrong one. */
function MainButton({ model, look }: Pick<ModelRowProps, 'model' | 'look'>) {
  const { actions } = usePage();
  const does = {
    load: actions.loadModel,
    unload: actions.unloadModel,
    download: actions.pullModel,
    downloadAgain: actions.pullModel,
    resume: actions.pullModel,
    stop: actions.stopPull,
  }[look.action];
  const word = MODELS.actions[look.action];
  return (
    <Button small off={look.off} label={MODELS.of(word, model.displayName)} onPress={() => does(model)}>
      {word}
    </Button>
  );
}

/** Without a total there is no share, and no bar that would promise an end. */
function Progress({ model }: { readonly model: ApiModel }) {
  const { pull, displayName } = model;
  if (pull?.state !== 'running') return null;
  const { doneBytes, totalBytes, bytesPerSecond } = pull;
  const share = totalBytes === null || totalBytes === 0 ? undefined : doneBytes / totalBytes;
  const text = totalBytes === null ? bytes(doneBytes) : bytesOf(doneBytes, totalBytes);
  return (
    <div class="model__more stack stack--tight">
      <Bar label={MODELS.progress(displayName)} share={share} text={text} />
      <p class="line line--wide note">
        <span class="num">{text}</span>
        {bytesPerSecond > 0 && <span class="num">{rate(bytesPerSecond)}</span>}
        {pull.files > 1 && <span>{MODELS.notes.file(pull.file, pull.files)}</span>}
        {share !== undefined && <span class="num push">{percent(share)}</span>}
      </p>
    </div>
  );
}

/** What is done rarely, and what there is to know. */
function More({ model, onRemove }: Pick<ModelRowProps, 'model' | 'onRemove'>) {
  const { actions } = usePage();
  const { description, disk, displayName } = model;
  return (
    <div class="model__more stack stack--tight">
      {description !== undefined && <p class="t2 sm">{description}</p>}
      {model.source.files.map(({ url, filename }) => (
        <p key={filename} class="note mono clip1" title={url}>
          {url}
        </p>
      ))}
      <div class="line">
        {disk.state === 'whole' && (
          <Button
            small
            icon="verify"
            label={MODELS.of(MODELS.actions.verify, displayName)}
            onPress={() => actions.verifyModel(model)}
          >
            {MODELS.actions.verify}
          </Button>
        )}
        <Button
          small
          look="danger"
          icon="trash"
          title={MODELS.actions.removeFor}
          off={model.loaded?.state === 'in use' ? MODELS.inUse : undefined}
          onPress={onRemove}
        >
          {MODELS.actions.remove}
        </Button>
      </div>
    </div>
  );
}
