import GRDB

/// The shares of a state file, read beside a gateway that runs; nothing is locked or changed, and
/// no secret is opened.
package enum ShareListing {
    /// Hands on all shares, by number. Some are read at a time: few are in memory, and while `body` takes its time,
    /// as a pager does, nobody reads the state, so that the gateway that runs can empty its write-ahead log.
    ///
    /// - Parameter some: how many at a time.
    package static func each(
        _ path: String, some: Int = 1000, _ body: (ShareRecord) -> Void
    ) throws(FileProblem) {
        var last = Int64.min
        var page: [ShareRecord]
        repeat {
            page = try read(path, after: last, limit: some)
            for share in page {
                last = share.id.number
                body(share)
            }
        } while page.count == some
    }

    /// The share of that number, as ``ShareID`` has it; nil where there is none.
    package static func one(_ path: String, _ number: String) throws(FileProblem) -> ShareRecord? {
        let id = ShareID(number)
        return try read(path, after: (id?.number ?? 1) - 1, limit: 1).first { $0.id == id }
    }

    private static func read(
        _ path: String, after last: Int64, limit: Int
    ) throws(FileProblem) -> [ShareRecord] {
        guard try Store.isThere(path) else {
            throw FileProblem(
                path, "is not there", "\(Store.madeAtFirstStart); [state] url names its place")
        }
        return try Store.look(path) { db in
            var shares: [ShareRecord] = []
            try ShareRows.each(db, path: path, after: last, limit: limit) { shares.append($0) }
            return shares
        }
    }

    /// The names of the site by which peers know shares that stand, and how many each; also of a state that is
    /// not to be changed at all. None of one that is not there, is older than this, or cannot be read.
    package static func siteNames(_ path: String, now: Int) -> [String: Int] {
        guard PrivateFile.exists(path), let reader = try? Store.looker(path),
            let rows = try? reader.read({ db in
                try Row.fetchAll(db, sql: names, arguments: [now])
            })
        else { return [:] }
        var counts: [String: Int] = [:]
        for row in rows {
            let name: String? = row["name"]
            if let name { counts[name] = row["shares"] as Int }
        }
        return counts
    }

    /// What has none has that of the last start.
    private static let names = """
        SELECT coalesce(site, (SELECT value FROM fact WHERE name = 'site')) AS name, count(*) AS shares
        FROM share WHERE ended IS NULL AND coalesce(expires > ?, 1) GROUP BY 1
        """

    /// How they stand: which of their tokens are good, and when they ended.
    static func standings(_ path: String) throws -> [ShareID: (epoch: Int, ended: Int?)] {
        try Store.look(path) { try ShareRows.standings($0) }
    }
}
