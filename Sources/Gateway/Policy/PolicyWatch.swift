import Foundation
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// What tells that a file has changed: written to, or another one in its place.
struct FileStamp: Sendable, Equatable {
    let device: Int
    let inode: Int
    let size: Int
    /// Seconds since 1970.
    let modified: Double
    /// When something of it, its own times too, was changed last: nobody can set that back.
    let changed: Double
}

extension FileStamp {
    /// nil when there is no such file. Of a link it is the file that it leads to.
    init?(_ path: String) {
        guard let status = try? Stat(FilePath(path)) else { return nil }
        self.init(status)
    }

    /// What is known of a file.
    init(_ status: Stat) {
        device = Int(truncatingIfNeeded: status.deviceID.rawValue)
        inode = Int(truncatingIfNeeded: status.inode.rawValue)
        size = Int(status.size)
        modified = Self.seconds(status.st_mtim)
        changed = Self.seconds(status.st_ctim)
    }

    private static func seconds(_ time: timespec) -> Double {
        Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    func isSameFile(as other: FileStamp) -> Bool {
        device == other.device && inode == other.inode
    }
}

/// When files that are watched are to be read again: once they have been left alone.
///
/// Half of a list that is being written may read as a whole one. A file that another took the place
/// of (`rename`) is whole as soon as it is there; one that is written in place is waited for, for
/// `quiet` looks in a row that find nothing new.
struct PolicyWatch: Sendable {
    typealias Stamps = [String: FileStamp]

    private var taken: Stamps
    private var last: Stamps
    private var looks = 0

    init(_ stamps: Stamps) {
        taken = stamps
        last = stamps
    }

    /// Whether the files are to be read now.
    mutating func look(_ now: Stamps) -> Bool {
        looks = now == last ? looks + 1 : 0
        last = now
        guard now != taken, looks >= (isReplaced(now) ? 1 : Self.quiet) else { return false }
        taken = now
        return true
    }

    /// Goes over to other files, as they are before they are read; of those that it follows already it
    /// knows what they were.
    mutating func follow(_ now: Stamps) {
        taken = Dictionary(uniqueKeysWithValues: now.map { ($0, taken[$0] ?? $1) })
        last = taken
    }

    /// Whether all that changed is another file than before, or a new one.
    private func isReplaced(_ now: Stamps) -> Bool {
        guard taken.keys.allSatisfy({ now[$0] != nil }) else { return false }
        return now.allSatisfy { path, stamp in
            guard let known = taken[path], stamp != known else { return true }
            return !stamp.isSameFile(as: known)
        }
    }

    /// The time between two looks.
    static let interval = Duration.milliseconds(250)
    /// A second without a change.
    static let quiet = 4
}

extension Gateway {
    /// Follows the files of the policy and of the candidate; `lists` are those of the stamps.
    func watchPolicy(_ watch: PolicyWatch, _ lists: [String]) async {
        var (watch, lists) = (watch, lists)
        while !Task.isCancelled {
            // Ended early only by being cancelled.
            try? await Task.sleep(for: PolicyWatch.interval)
            guard watch.look(policyStamps(lists)) else { continue }
            lists = listFiles()
            watch.follow(policyStamps(lists))
            await reloadPolicy(.seen)
        }
    }

    /// The lists that policy and candidate name as they lie there. One that was refused stays so until
    /// a list of its own is mended, which the policy in force need not know.
    func listFiles() -> [String] { FollowedFiles.lists(of: policyFiles) }

    /// The policy, the candidate, their tests and their lists; one that is missing may come.
    func policyStamps(_ lists: [String]) -> PolicyWatch.Stamps {
        FollowedFiles.stamps(of: policyFiles, lists)
    }

    private var policyFiles: [String] {
        [configuration.policy.file, candidateFile.path].compactMap { $0 }
    }
}
