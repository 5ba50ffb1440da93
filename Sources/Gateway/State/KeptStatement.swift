import GRDB

extension Database {
    /// Runs a statement of ours that is prepared once and kept.
    ///
    /// What is bound is not counted against the placeholders: one too few is NULL, which the
    /// columns refuse that may not be empty.
    func run(kept sql: String, _ arguments: StatementArguments = []) throws {
        let statement = try cachedStatement(sql: sql)
        statement.setUncheckedArguments(arguments)
        try statement.execute()
    }

    /// Runs `body` in a transaction that is taken back when it throws. Unlike `inTransaction`, its
    /// statements are kept.
    func transaction(_ body: () throws -> Void) throws {
        try run(kept: "BEGIN IMMEDIATE")
        do {
            try body()
            try run(kept: "COMMIT")
        } catch {
            if isInsideTransaction { try? rollback() }
            throw error
        }
    }
}
