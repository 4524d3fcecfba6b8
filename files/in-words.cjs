"use strict";
/*
 * What an error of the file system means, and what a person does about it. Plain JavaScript without dependencies: the installation of the
 * dependencies speaks so, too.
 */
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const causes = {
  EACCES: forbidden,
  EPERM: forbidden,
  EROFS: () =>
    "its disk is mounted read-only. Mount it for writing; the kernel does so to a disk with errors, see dmesg",
  ENOSPC: (file) =>
    `there is no space left on its disk. Make room (see df -h ${folderOf(file)} and df -i ${folderOf(file)})`,
  EDQUOT: (file) => `this user's quota on its disk is used up. Make room (see du -sh ${folderOf(file)})`,
  ENOTDIR: (file) => `${blocking(file) ?? "a part of its path"} is a file, where a folder must be. Move it away`,
  EEXIST: (file) => `${blocking(file) ?? file} is there already. Move it away`,
  EISDIR: () => "it is a folder, where a file must be. Move it away",
  // What Node.js says of a folder that is to be removed as a file.
  ERR_FS_EISDIR: () => "it is a folder, where a file must be. Move it away",
  ENOTEMPTY: () => "there is a folder in its place that is not empty. Move it away",
  ENOENT: () => "it is not there, or is a link to something that is not there. Put it back, or remove the link",
  ELOOP: () => "its path goes through symbolic links in a circle. Remove one of them",
  ENAMETOOLONG: () => "its name is longer than the file system takes. Use a shorter one",
  EMFILE: () => "this user has too many files open. Raise the limit (ulimit -n), or end other programs",
  ENFILE: () => "this machine has too many files open. End other programs, or raise fs.file-max",
  EIO: () => "its disk fails. See dmesg, and replace it",
  ESTALE: () => "its network file system was taken away meanwhile. Mount it anew",
  EBUSY: () => "something else uses it, such as a mount. See lsof or findmnt",
  EXDEV: () => "it is on another disk than its folder. Have both on one",
  EFBIG: () => "it is larger than the file system takes",
  ETXTBSY: () => "it is a program that runs",
  EINVAL: () => "the file system does not take that. See how it is mounted (findmnt)",
};

/**
 * An error of the file system in one sentence, with its cause and what to do; undefined for any other error.
 *
 * @param {unknown} error what Node.js has thrown
 * @param {string} [doing] what was tried, for example `read`. Default: what the error says
 * @param {string} [file] what it was tried with. Default: the path in the error
 * @returns {string | undefined}
 */
function fileErrorInWords(error, doing, file = error?.path) {
  const code = error?.code;
  if (!(error instanceof Error) || !(code in causes) || !(doing || error.syscall) || isOfNetwork(error)) {
    return undefined;
  }
  return `${file ?? "A file"} cannot be ${doing ?? participle(error.syscall)}: ${causes[code](file ?? "")} (${code})`;
}

/** Connections and programs have errors with the same codes. */
function isOfNetwork({ address, port, syscall = "" }) {
  return address !== undefined || port !== undefined || /^(spawn|connect|listen|bind|accept|getaddrinfo)/.test(syscall);
}

function participle(syscall) {
  const known = {
    write: "written",
    mkdir: "made",
    mkdtemp: "made",
    link: "made",
    symlink: "made",
    copyfile: "copied",
    cp: "copied",
    rename: "replaced",
    rm: "removed",
    rmdir: "removed",
    unlink: "removed",
    chmod: "written",
    fchmod: "written",
    ftruncate: "written",
    fsync: "written",
    scandir: "read",
    read: "read",
    stat: "read",
    lstat: "read",
    readlink: "read",
  };
  return known[syscall] ?? "used";
}

function forbidden(file) {
  const who = userName();
  return `${who} may not do that. Look at the rights of it and of its folders (namei -l ${file}), and run this as the user they belong to`;
}

function userName() {
  try {
    return `user ${os.userInfo().username}`;
  } catch {
    return "this user";
  }
}

function folderOf(file) {
  return file === "" ? "." : path.dirname(file);
}

/** The nearest part of a path that is there and no folder. */
function blocking(file) {
  for (let part = file; part !== "" && part !== path.dirname(part); part = path.dirname(part)) {
    try {
      return fs.statSync(part).isDirectory() ? undefined : part;
    } catch {
      // Further up.
    }
  }
  return undefined;
}

module.exports = { fileErrorInWords };
