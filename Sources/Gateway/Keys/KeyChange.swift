import OpenSSL

/// A step in the life of a key: made, published, signing, leaving.
///
/// A key is published before it signs and after it has, so that peers that keep documents find it
/// in both: they see new keys beside the ones that they know. Draft-cavage has no such overlap; its
/// key is shown from the moment on at which it signs.
package enum KeyChange: Sendable, Codable, Equatable {
    /// A new key of a kind (`KeyKind.word`), under a name that was never used; where there is none yet, the
    /// first pair, and that key only where the pair has none of its kind.
    case make(kind: String)
    case stage(name: String)
    /// The one that signed until then is retired, and published for as long as `overlap` (seconds).
    case activate(name: String, overlap: Int, wait: Wait)
    /// Published for as long as `overlap` (seconds); 0 for a key that others may have.
    case retire(name: String, overlap: Int)

    /// Whether a key must have been published for a while before it signs.
    package enum Wait: String, Sendable, Codable {
        case observed, skipped
    }

    /// What the operator asked for and cannot have.
    package struct Refusal: Error, Equatable, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    /// Seconds that a key is published before it signs: longer than peers keep key sets (Nextcloud
    /// 35 keeps them for an hour).
    package static let publishedBefore = 3900

    /// As the command is called.
    var word: String {
        switch self {
        case .make: "new"
        case .stage: "stage"
        case .activate: "activate"
        case .retire: "retire"
        }
    }
}

extension KeyRing {
    /// The table as a change leaves it, with the name of the key that stopped to sign by it.
    ///
    /// Refused: a key that is not there or not in the state for it; to retire the key that signs, or
    /// one that is over, which would be published again;
    /// to sign with a key that peers may not have seen yet, unless that is skipped.
    func table(
        after change: KeyChange, now: Int
    ) throws(KeyChange.Refusal) -> (table: KeyTable, replaced: String?) {
        var table = table
        switch change {
        case .make: return (table, nil)
        case .stage(let name):
            let key = try key(name)
            guard key.state == .new else {
                throw KeyChange.Refusal("\(name) is \(key.state.word) already")
            }
            table.rows[name] = row(key, .staged, now)
            return (table, nil)
        case .activate(let name, let overlap, let wait):
            let key = try key(name)
            try judge(key, wait, now: now)
            let former = activeKey(for: key.key.kind.use)
            if let former {
                table.rows[former.name] = row(former, .retired(until: now + overlap), now)
            }
            table.rows[name] = row(key, .active, now)
            return (table, former?.name)
        case .retire(let name, let overlap):
            let key = try key(name)
            switch key.state {
            case .new: throw KeyChange.Refusal("\(name) was never published: delete \(key.file)")
            case .active:
                throw KeyChange.Refusal(
                    "\(name) signs; activate another one of its use, and it is retired by that")
            case .retired(let until):
                guard now < until else { throw KeyChange.Refusal("\(name) is over already") }
            case .staged: break
            }
            table.rows[name] = row(key, .retired(until: now + overlap), now)
            return (table, nil)
        }
    }

    /// Refused: to sign with a key that is not published, or was not for long enough.
    private func judge(
        _ key: Entry, _ wait: KeyChange.Wait, now: Int
    ) throws(KeyChange.Refusal) {
        switch key.state {
        case .new:
            throw KeyChange.Refusal("\(key.name) is new: ocmgate key stage \(key.name)")
        case .active: throw KeyChange.Refusal("\(key.name) is active already")
        case .retired(let until):
            guard now < until else {
                throw KeyChange.Refusal("\(key.name) is over; make a new one: ocmgate key new")
            }
        case .staged:
            let ready = (key.since ?? now) + KeyChange.publishedBefore
            guard key.key.kind.use == .rfc9421, wait == .observed, now < ready else { return }
            throw KeyChange.Refusal(
                "peers that keep our key set may not know \(key.name) before "
                    + "\(KeyTable.text(of: ready)); --now does it all the same")
        }
    }

    private func key(_ name: String) throws(KeyChange.Refusal) -> Entry {
        if let key = keys.first(where: { $0.name == name }) { return key }
        throw KeyChange.Refusal(
            keys.isEmpty
                ? "there are no keys in \(folder) yet"
                : "there is no key \(name) in \(folder); there are: "
                    + keys.map(\.name).joined(separator: ", "))
    }

    private func row(_ key: Entry, _ state: KeyState, _ now: Int) -> KeyTable.Row {
        KeyTable.Row(
            state: state, since: now, thumbprint: OfferedKey.thumbprint(of: key.key.publicKey))
    }
}
