// How jobs, and the sounds of a job, are called. `about` is {operations, labels of presets}.

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

/** "piano.wav → Violin"; "voice.wav + beat.wav" if none of them is a style */
export function jobName(job, about) {
  const names = Object.keys(job.inputs).map((it) => inputName(job, it, about));
  const styled = about.operations[job.operation]?.inputs.some((it) => it.style);
  return names.filter(Boolean).join(styled ? " → " : " + ") || job.id;
}

/** The input whose time and length a job's result has. */
export function followed(job, about) {
  return about.operations[job.operation]?.follows || Object.keys(job.inputs)[0];
}

/** A setting of a job, its default if it was not given. */
export function settingOf(job, name, about) {
  const { varies, default: usual } = about.operations[job.operation]?.settings[name] ?? {};
  return job.settings[name] ?? varies?.values[job.settings[varies.by]] ?? usual;
}

/** The settings of a job that are not the defaults: "strength 0.7, gain −6 dB". */
export function settingsOf(job, about) {
  const known = about.operations[job.operation]?.settings ?? {};
  const changed = Object.keys(known).filter(
    (it) => settingOf(job, it, about) !== known[it].default,
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
  for (const name of Object.keys(about.operations[job.operation]?.settings ?? {})) {
    const own = settingOf(job, name, about);
    const differs = jobs.some((it) => settingOf(it, name, about) !== own);
    if (differs) parts.push(settingText(job, name, about));
  }
  const text = parts.join(", ") || "Output";
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The name of a job's stem without its ending, for a file to download. */
export function fileName(job, about) {
  const names = Object.keys(job.inputs).map((it) => inputName(job, it, about));
  return names.map((it) => it.replace(/\.\w{2,4}$/, "")).join(" - ") || "restyled";
}
