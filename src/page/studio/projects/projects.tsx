import { useState } from 'preact/hooks';
import { DEFAULT_PROJECT, LIMIT_NAMES, type LimitName, type ProjectView } from '../../../contract/operator/projects.ts';
import { date } from '../../format.ts';
import { Button, IconButton } from '../../kit/button.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { Empty } from '../../kit/message.tsx';
import { type Fact, Facts } from '../../kit/panel.tsx';
import { PROJECTS } from '../../words/studio/projects.ts';
import { usePage } from '../page-context.ts';
import { EditDialog, NewProjectDialog, RemoveProjectDialog } from './project-dialogs.tsx';
import { usageTexts } from './draft.ts';
import { ListPanel } from './listed.tsx';

/** Who shares the studio, and how much of it each may have. */
export function ProjectsSection() {
  const { projects } = usePage().model;
  const [isAdding, setAdding] = useState(false);
  return (
    <>
      <ListPanel
        title={PROJECTS.section.projects}
        list={projects.value}
        none={<Empty icon="projects" title={PROJECTS.none.title} say={PROJECTS.none.say} />}
        aside={
          <Button icon="plus" onPress={() => setAdding(true)}>
            {PROJECTS.add}
          </Button>
        }
        row={(project) => <ProjectRow key={project.name} project={project} />}
      />
      {isAdding && <NewProjectDialog onClose={() => setAdding(false)} />}
    </>
  );
}

function ProjectRow({ project }: { readonly project: ProjectView }) {
  const [isOpen, setOpen] = useState(false);
  const { name } = project;
  const used = usageTexts(project);
  const { counted } = PROJECTS;
  const parts = [
    counted.queued(used.maxQueued),
    counted.running(used.maxRunning),
    counted.today(used.maxPerDay),
    counted.kept(used.maxArtifactBytes),
  ];
  return (
    <li class="row row--entry">
      <Icon name="projects" />
      <div class="grow">
        <p class="medium">{name}</p>
        <p class="note">{PROJECTS.usage(parts)}</p>
      </div>
      <IconButton icon="more" label={PROJECTS.more(name)} expanded={isOpen} onPress={() => setOpen(!isOpen)} />
      {isOpen && <More project={project} />}
    </li>
  );
}

function More({ project }: { readonly project: ProjectView }) {
  const [dialog, setDialog] = useState<'edit' | 'remove' | undefined>();
  const close = (): void => setDialog(undefined);
  return (
    <div class="row__more stack stack--tight">
      <Facts look="tight" facts={factsOf(project)} />
      <div class="line">
        <Button small onPress={() => setDialog('edit')}>
          {PROJECTS.edit}
        </Button>
        <Button
          small
          look="danger"
          icon="trash"
          off={project.name === DEFAULT_PROJECT ? PROJECTS.removeDefault : undefined}
          onPress={() => setDialog('remove')}
        >
          {PROJECTS.remove}
        </Button>
      </div>
      {dialog === 'edit' && <EditDialog project={project} onClose={close} />}
      {dialog === 'remove' && <RemoveProjectDialog project={project} onClose={close} />}
    </div>
  );
}

function factsOf(project: ProjectView): readonly Fact[] {
  const { facts } = PROJECTS;
  const used = usageTexts(project);
  const ofLimit = (name: LimitName): Fact => ({
    term: facts[name],
    value: used[name],
    ...(project.limits[name] === undefined && { after: PROJECTS.noLimit }),
  });
  const createdAt = { term: facts.createdAt, value: date(Date.parse(project.createdAt)) };
  // That one was there before anybody could create one.
  return [...LIMIT_NAMES.map(ofLimit), ...(project.name === DEFAULT_PROJECT ? [] : [createdAt])];
}
