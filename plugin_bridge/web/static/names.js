// How jobs, and the sounds of a job, are called. `about` is {operations, labels of presets, chains}:
// of chains it has what was asked of one, by name, or null.

import { capital, settingWords, valueWords } from "./words.js";

/** What an input of an operation is called beside its sound: "Stem", "Song A". */
export function inputTitle(operation, name) {
  return operation?.titles[name] ?? capital(name);
}

/** What a job's input is called: its file, or its preset. */
export function inputName(job, name, about) {
  const { preset, name: file } = job.inputs[name];
  return preset ? (about.labels.get(preset) ?? preset) : file;
}

const inputNames = (job, about) => Object.keys(job.inputs).map((it) => inputName(job, it, about));

/** "piano.wav → Violin"; "voice.wav + beat.wav" if none of them is a style */
export function jobName(job, about) {
  const names = inputNames(job, about);
  const styled = about.operations[job.operation]?.inputs.some((it) => it.style);
  return names.filter(Boolean).join(styled ? " → " : " + ") || job.id;
}

/** The input whose time and length a job's result has. */
export function followed(job, about) {
  return about.operations[job.operation]?.follows || Object.keys(job.inputs)[0];
}

/** What a job names as its preset: one, or a chain. */
export const presetOf = (job) => Object.values(job.inputs).find((it) => it.preset)?.preset;

/** A setting of a job, its default if it was not given: undefined if that is a chain's. */
export function settingOf(job, name, about) {
  const chain = about.chains.get(presetOf(job));
  if (chain !== undefined) return job.settings[name] ?? chain?.parameters[name]?.default;
  const { varies, default: usual } = about.operations[job.operation]?.settings[name] ?? {};
  return job.settings[name] ?? varies?.values[job.settings[varies.by]] ?? usual;
}

/** What can be set of a job, and what was set of a chain's effects. */
function namesOf(job, about) {
  const own = Object.keys(job.settings).filter((it) => it.includes("."));
  return [...Object.keys(about.operations[job.operation]?.settings ?? {}), ...own];
}

/** The settings of a job that are not the defaults: "strength 0.7, gain −6 dB". */
export function settingsOf(job, about) {
  const known = about.operations[job.operation]?.settings ?? {};
  const chained = about.chains.has(presetOf(job));
  const changed = namesOf(job, about).filter((it) =>
    chained ? it in job.settings : settingOf(job, it, about) !== known[it]?.default,
  );
  return changed.map((it) => settingText(job, it, about)).join(", ");
}

function settingText(job, name, about) {
  return `${settingWords(name).title.toLowerCase()} ${valueWords(name, settingOf(job, name, about))}`;
}

/** What tells a result from the others beside it: "Strength 0.5", "Violin"; "Output" if nothing. */
export function resultName(job, jobs, about) {
  const parts = [];
  const style = (it) => {
    const stem = followed(it, about);
    const others = Object.keys(it.inputs).filter((name) => name !== stem);
    return others.map((name) => inputName(it, name, about)).join(", ");
  };
  if (jobs.some((it) => style(it) !== style(job))) parts.push(style(job));
  for (const name of namesOf(job, about)) {
    const own = settingOf(job, name, about);
    const differs = jobs.some((it) => settingOf(it, name, about) !== own);
    if (differs && own !== undefined) parts.push(settingText(job, name, about));
  }
  return capital(parts.join(", ") || "Output");
}

/** The name of a job's stem without its ending, for a file to download. */
export function fileName(job, about) {
  const names = inputNames(job, about).map((it) => it.replace(/\.\w{2,4}$/, ""));
  return names.join(" - ") || "restyled";
}
