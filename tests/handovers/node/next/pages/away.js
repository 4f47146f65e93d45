/** A page that nobody sees: its visitors are sent on before. */
export default function Away() {
  return null;
}
