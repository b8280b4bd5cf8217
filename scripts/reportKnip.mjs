/** A reporter of knip that writes how many files it looked at: knip succeeds as well when that is none. */
export default function reportKnip({ counters }) {
  console.log(`looked at ${counters.processed} files`);
}
