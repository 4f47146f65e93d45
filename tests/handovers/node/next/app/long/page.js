import { connection } from "next/server";

import { authorizeUrl } from "../../authorize";

// Strings of 1024 bytes or more go to the browser with their length in front.
export default async function Page() {
  await connection();
  return <a href={authorizeUrl("s".repeat(1024))}>Connect Zoom</a>;
}
