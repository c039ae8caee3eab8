#include "tests/component/sqlite/failing_disk.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <new>

namespace sekimori::sqlite {
namespace {

constexpr std::size_t kSector = 512;

// SQLite gives the memory: ours first, the real file behind it.
struct ShimFile {
  sqlite3_file base;
  FailingDisk* disk;
  std::string* path;
};

ShimFile& Shim(sqlite3_file* file) {
  return *reinterpret_cast<ShimFile*>(file);
}
sqlite3_file* Real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<ShimFile*>(file) + 1);
}

int Close(sqlite3_file* file) {
  delete Shim(file).path;
  return Real(file)->pMethods->xClose(Real(file));
}
int Read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  return Real(file)->pMethods->xRead(Real(file), bytes, count, offset);
}
int Write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  const std::string_view view(static_cast<const char*>(bytes), static_cast<std::size_t>(count));
  if (!Shim(file).disk->Write(*Shim(file).path, static_cast<std::uint64_t>(offset), view)) return SQLITE_IOERR_WRITE;
  return Real(file)->pMethods->xWrite(Real(file), bytes, count, offset);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (!Shim(file).disk->Truncate(*Shim(file).path, static_cast<std::uint64_t>(size))) return SQLITE_IOERR_TRUNCATE;
  return Real(file)->pMethods->xTruncate(Real(file), size);
}
int Sync(sqlite3_file* file, int) {
  return Shim(file).disk->Sync(*Shim(file).path) ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xLock(Real(file), level);
}
int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}
int CheckReservedLock(sqlite3_file* file, int* reserved) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), reserved);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), operation, argument);
}
int SectorSize(sqlite3_file*) {
  return static_cast<int>(kSector);
}
// Promises nothing: writes may be torn and come to the disk in any order.
int Characteristics(sqlite3_file*) {
  return 0;
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, memory);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) {
  Real(file)->pMethods->xShmBarrier(Real(file));
}
int ShmUnmap(sqlite3_file* file, int deleted) {
  return Real(file)->pMethods->xShmUnmap(Real(file), deleted);
}

constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         Characteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* given) {
  auto* const disk = static_cast<FailingDisk*>(vfs->pAppData);
  sqlite3_vfs* const real = sqlite3_vfs_find("unix");
  ShimFile* const shim = new (file) ShimFile{{nullptr}, disk, nullptr};
  Real(file)->pMethods = nullptr;
  const int result = real->xOpen(real, name, Real(file), flags, given);
  if (result != SQLITE_OK) return result;
  shim->path = new std::string(name != nullptr ? name : "");
  shim->base.pMethods = &kMethods;
  disk->Opened(*shim->path);
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  static_cast<FailingDisk*>(vfs->pAppData)->Deleted(name);
  sqlite3_vfs* const real = sqlite3_vfs_find("unix");
  return real->xDelete(real, name, sync_folder);
}

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

FailingDisk::FailingDisk(unsigned seed) : random_(seed), real_(sqlite3_vfs_find("unix")), shim_(*real_) {
  shim_.zName = "failing";
  shim_.pNext = nullptr;
  shim_.pAppData = this;
  shim_.szOsFile = static_cast<int>(sizeof(ShimFile)) + real_->szOsFile;
  shim_.xOpen = sqlite::Open;
  shim_.xDelete = sqlite::Delete;
  sqlite3_vfs_register(&shim_, 1);
}

FailingDisk::~FailingDisk() {
  sqlite3_vfs_unregister(&shim_);
  sqlite3_vfs_register(real_, 1);
}

void FailingDisk::CutAfter(int operations, std::function<void(const Image&)> cut) {
  cut_in_ = operations;
  cut_ = std::move(cut);
}

void FailingDisk::FailAfter(int operations) {
  fail_in_ = operations;
  failures_ = 0;
}

void FailingDisk::Repair() {
  fail_in_.reset();
}

bool FailingDisk::Count() {
  if (cut_in_ && (*cut_in_)-- == 0) {
    cut_in_.reset();
    cut_(Now());
  }
  if (fail_in_ && (*fail_in_)-- <= 0) {
    ++failures_;
    return false;
  }
  return true;
}

void FailingDisk::Opened(const std::string& path) {
  // Somebody else may have put the file there (it is made aside, synced and renamed): what is there then is durable.
  if (files_.count(path) == 0) files_[path].synced = ReadWhole(path);
}

void FailingDisk::Deleted(const std::string& path) {
  files_.erase(path);
}

bool FailingDisk::Write(const std::string& path, std::uint64_t offset, std::string_view bytes) {
  files_[path].since.push_back({offset, std::string(bytes)});
  return Count();
}

bool FailingDisk::Truncate(const std::string& path, std::uint64_t size) {
  files_[path].since.push_back({size, std::nullopt});
  return Count();
}

bool FailingDisk::Sync(const std::string& path) {
  if (!Count()) return false;
  File& file = files_[path];
  for (const Change& change : file.since)
    Apply(change, file.synced);
  file.since.clear();
  return true;
}

void FailingDisk::Apply(const Change& change, std::string& content) {
  if (!change.bytes) {
    content.resize(change.offset);
    return;
  }
  content.resize(std::max<std::size_t>(content.size(), change.offset + change.bytes->size()));
  content.replace(change.offset, change.bytes->size(), *change.bytes);
}

void FailingDisk::ApplyPartly(const Change& change, std::string& content) {
  const unsigned luck = static_cast<unsigned>(random_() % 4);
  if (luck == 0) return;
  if (luck == 1 || !change.bytes) {
    Apply(change, content);
    return;
  }
  for (std::size_t at = 0; at < change.bytes->size(); at += kSector)
    if (random_() % 2 == 0) Apply({change.offset + at, change.bytes->substr(at, kSector)}, content);
}

FailingDisk::Image FailingDisk::Now() {
  Image image;
  for (const auto& [path, file] : files_) {
    std::string content = file.synced;
    for (const Change& change : file.since)
      ApplyPartly(change, content);
    image[path] = std::move(content);
  }
  return image;
}

}  // namespace sekimori::sqlite
