// What can be done with a job from a button.

import { ask } from "./api.js";
import { button, say } from "./dom.js";
import { problemWords } from "./words.js";

const SURE_MS = 4000; // for which a delete button waits for its second press; by eye

/** A button that cancels a job; what keeps it from that is told to `onproblem`. */
export function cancelButton(job, store, onproblem) {
  const cancel = button("Cancel", async () => {
    cancel.disabled = true;
    try {
      store.take(await ask(`v1/jobs/${job.id}/cancel`, { method: "POST" }));
    } catch (problem) {
      onproblem(problemWords(problem));
      cancel.disabled = false;
    }
  });
  return cancel;
}

/** A button that deletes a job when it is pressed twice. */
export function deleteButton(job, store, onproblem) {
  const remove = button("Delete", async () => {
    if (!("sure" in remove.dataset)) {
      remove.dataset.sure = "";
      remove.textContent = "Delete for good?";
      setTimeout(() => {
        delete remove.dataset.sure;
        remove.textContent = "Delete";
      }, SURE_MS);
      return;
    }
    try {
      await ask(`v1/jobs/${job.id}`, { method: "DELETE" });
    } catch (problem) {
      if (problem.status !== 404) return onproblem(problemWords(problem));
    }
    store.drop(job.id);
    say("Deleted.");
  });
  return remove;
}
