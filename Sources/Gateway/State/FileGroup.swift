import Foundation

/// The group of a file, and who is in it by the system's own files.
struct FileGroup {
    let number: UInt32
    /// Nil: it has none, so that nobody is in it but processes that were started with its number, as by
    /// the `fsGroup` of Kubernetes.
    let name: String?
    /// Those that the group names; nil when it stands in another place than `/etc/group`.
    let members: [Substring]?

    /// Nil when the file, over links, is of another group than that number.
    init?(of path: String, is number: UInt32) {
        let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let facts = try? FileManager.default.attributesOfItem(atPath: place),
            (facts[.groupOwnerAccountID] as? NSNumber)?.uint32Value == number
        else { return nil }
        let known = (try? String(contentsOfFile: "/etc/group", encoding: .utf8)) ?? ""
        self.init(number, name: facts[.groupOwnerAccountName] as? String, known: known)
    }

    /// - Parameters:
    ///   - name: as the system has it, from wherever.
    ///   - known: the lines of `/etc/group`.
    init(_ number: UInt32, name: String?, known: String) {
        let line = known.split(separator: "\n")
            .map { $0.split(separator: ":", omittingEmptySubsequences: false) }
            .first { $0.count == 4 && $0[2] == String(number) }
        self.number = number
        self.name = name ?? line.map { String($0[0]) }
        members = line.map { $0[3].split(separator: ",") }
    }

    /// Whether nobody else than a user is in it: it has no name, or the user's own and no other member.
    func isOnly(_ user: String) -> Bool {
        guard let name else { return true }
        guard let members else { return false }
        return name == user && members.allSatisfy { $0 == user }
    }

    /// Whether what a file of root's gives to this group reaches nobody but root and a user: only the user is
    /// in it, or only root in root's own. Of the latter a mode of 0440 shows what an access list gives
    /// (``AccessList``), by which systemd from 254 on hands a credential to the user of the unit.
    func serves(only user: String) -> Bool { isOnly(user) || number == 0 && isOnly("root") }
}
