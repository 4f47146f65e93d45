import { connection } from "next/server";

import { authorizeUrl } from "../../authorize";

export default async function Page() {
  await connection();
  return <a href={authorizeUrl()}>Connect Zoom</a>;
}
