# The random intercept by full maximum likelihood in tests/reference/data/*.csv: lme4 (with lmerTest) and nlme.
# Usage: Rscript tests/reference/make_ml_references.R > tests/reference/ml_references.csv
# Debian packages: r-base-core r-cran-lme4 r-cran-lmertest r-cran-nlme

suppressMessages({
  library(lmerTest)
  library(nlme)
})

script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
folder <- if (length(script)) dirname(script) else "tests/reference"
WEEKS <- c(6, 12)

read_long <- function(name) {
  wide <- read.csv(file.path(folder, "data", paste0(name, ".csv")))
  long <- do.call(rbind, lapply(c(0, 6, 12), function(week) {
    data.frame(participant = factor(wide$participant), running = as.numeric(wide$arm == "running"),
               occasion = factor(week, levels = c(0, 6, 12)), value = wide[[paste0("week_", week)]])
  }))
  long[!is.na(long$value), ]
}

# nlme cannot fit a variance of 0: it runs towards it on the log scale, and stops where it no longer matters.
by_nlme <- function(long) {
  fit <- lme(value ~ occasion * running, long, ~ 1 | participant, method = "ML",
             control = lmeControl(opt = "nlminb", maxIter = 500, msMaxIter = 2000, tolerance = 1e-13, msTol = 1e-15))
  # lme inflates its standard errors by N / (N - p) under ML, where lme4 does not: taken back here.
  shrink <- sqrt((nrow(long) - length(fixef(fit))) / nrow(long))
  terms <- paste0("occasion", WEEKS, ":running")
  data.frame(software = "nlme", week = WEEKS, estimate = fixef(fit)[terms],
             se = summary(fit)$tTable[terms, "Std.Error"] * shrink, df = NA, deviance = -2 * as.numeric(logLik(fit)))
}

by_lme4 <- function(long) {
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5),
                         check.conv.singular = .makeCC("ignore", tol = 0))
  fit <- lmerTest::lmer(value ~ occasion * running + (1 | participant), long, REML = FALSE, control = control)
  do.call(rbind, lapply(WEEKS, function(week) {
    test <- contest1D(fit, as.numeric(names(fixef(fit)) == paste0("occasion", week, ":running")))
    data.frame(software = "lmerTest", week = week, estimate = test[["Estimate"]], se = test[["Std. Error"]],
               df = test[["df"]], deviance = -2 * as.numeric(logLik(fit)))
  }))
}

names <- c("complete", "mcar", "dropout", "boundary", "boundary_mcar", "n12", "unequal")
rows <- do.call(rbind, lapply(names, function(name) {
  long <- read_long(name)
  cbind(data_set = name, rbind(by_lme4(long), by_nlme(long)))
}))
cat(sprintf("# R %s.%s, lme4 %s, lmerTest %s, nlme %s\n", R.version$major, R.version$minor, packageVersion("lme4"),
            packageVersion("lmerTest"), packageVersion("nlme")))
numbers <- vapply(rows, is.numeric, NA)
rows[numbers] <- lapply(rows[numbers], signif, 12)
write.csv(rows, row.names = FALSE, quote = FALSE)
