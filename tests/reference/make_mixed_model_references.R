# Fits of tests/reference/mixed_models/cases.csv by other software, written to references.csv beside it.
# Usage: Rscript tests/reference/make_mixed_model_references.R   (data: python tests/reference/export_mixed_model_data.py)
# Debian packages: r-base-core r-cran-nlme r-cran-lme4 r-cran-lmertest r-cran-pbkrtest r-cran-emmeans r-cran-numderiv
#
# The optimisers of nlme stop about 1e-5 of a standard error away: the parameters are found by nlminb and Newton steps on the
# likelihood written out below, which must be that of nlme, and nlme then fits with these parameters fixed. What is written is
# what nlme returns.

suppressMessages({
  library(lmerTest)
  library(nlme)
  library(emmeans)
})

script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
folder <- file.path(if (length(script)) dirname(script) else "tests/reference", "mixed_models")
tables <- read.csv(file.path(folder, "tables.csv"))
cases <- read.csv(file.path(folder, "cases.csv"), na.strings = "NA")

long_table <- function(case) {
  wide <- tables[tables$table == case$table, ]
  weeks <- as.numeric(strsplit(case$weeks, " ")[[1]])
  long <- do.call(rbind, lapply(seq_along(weeks), function(v) {
    data.frame(participant = factor(wide$participant), treated = as.numeric(wide$arm == "yoga"), age = wide$age,
               site = factor(wide$site), baseline = wide$y1, week = weeks[v], visit = v, value = wide[[paste0("y", v)]])
  }))
  if (grepl("baseline", case$covariates) || case$method %in% c("ancova", "change_score")) long <- long[long$visit > 1, ]
  long <- long[!is.na(long$value), ]
  long$occasion <- factor(long$visit)
  long[order(long$participant, long$visit), ]
}

fixed_effects <- function(case) {
  extra <- strsplit(trimws(sub("baseline:week", "", case$covariates)), " ")[[1]]
  base <- if (case$method == "clda") "value ~ occasion + treated:occasion" else "value ~ occasion * treated"
  if (grepl("baseline", case$covariates)) base <- "value ~ occasion * treated + baseline:occasion"
  as.formula(paste(c(base, extra), collapse = " + "))
}

# The design by hand where R's formula would not have equal means at the first visit.
design <- function(case, long) {
  x <- model.matrix(fixed_effects(case), long)
  if (case$method == "clda") x <- x[, colnames(x) != "occasion1:treated"]
  colnames(x) <- sub("\\(Intercept\\)", "one", gsub(":", ".", colnames(x)))
  x
}

# Correlations of all visits and variance ratios from free parameters; what gls needs to have them fixed.
structure_of <- function(case, long) {
  visits <- sort(unique(long$visit)); V <- length(visits); apart <- abs(outer(visits, visits, "-"))
  weeks <- tapply(long$week, long$visit, `[`, 1); distance <- abs(outer(weeks, weeks, "-"))
  kind <- sub("heterogeneous_", "", case$covariance); hetero <- grepl("hetero", case$covariance) || kind == "unstructured"
  long$v <- match(long$visit, visits)
  own <- switch(kind,
    unstructured = list(n = V * (V - 1) / 2,
      matrix = function(p) { C <- diag(V); C[lower.tri(C)] <- tanh(p); C + t(C) - diag(V) },
      fixed = function(p) corSymm(tanh(p), form = ~ v | participant, fixed = TRUE)),
    compound_symmetry = list(n = 1,
      matrix = function(p) ifelse(apart == 0, 1, tanh(p)),
      fixed = function(p) corCompSymm(tanh(p), form = ~ v | participant, fixed = TRUE)),
    ar1 = list(n = 1, matrix = function(p) tanh(p)^apart,
      fixed = function(p) corAR1(tanh(p), form = ~ v | participant, fixed = TRUE)),
    exponential = list(n = 1,
      matrix = function(p) exp(-distance / exp(p)),
      fixed = function(p) corExp(exp(p), form = ~ week | participant, fixed = TRUE)),
    toeplitz = list(n = V - 1,
      matrix = function(p) { r <- c(1, tanh(p)); matrix(r[apart + 1], V) },
      fixed = function(p) { r <- c(1, tanh(p)); C <- matrix(r[apart + 1], V)
        corSymm(C[lower.tri(C)], form = ~ v | participant, fixed = TRUE) }))
  c(own, list(V = V, hetero = hetero, long = long))
}

# Minus twice the log likelihood, the residual variance profiled out.
deviance_of <- function(form, x, y, restricted) {
  who <- split(seq_along(y), form$long$participant, drop = TRUE)
  function(p) {
    C <- form$matrix(p[seq_len(form$n)])
    s <- if (form$hetero) exp(c(0, p[-seq_len(form$n)])) else rep(1, form$V)
    S <- C * outer(s, s)
    if (min(eigen(S, TRUE, TRUE)$values) <= 0) return(1e10)
    A <- matrix(0, ncol(x), ncol(x)); b <- numeric(ncol(x)); yy <- 0; ld <- 0
    for (i in who) {
      R <- chol(S[form$long$v[i], form$long$v[i], drop = FALSE])
      X <- backsolve(R, x[i, , drop = FALSE], transpose = TRUE); z <- backsolve(R, y[i], transpose = TRUE)
      A <- A + crossprod(X); b <- b + crossprod(X, z); yy <- yy + sum(z^2); ld <- ld + 2 * sum(log(diag(R)))
    }
    rss <- yy - sum(b * solve(A, b)); free <- length(y) - if (restricted == "REML") ncol(x) else 0
    ld + free * (log(2 * pi * rss / free) + 1) + if (restricted == "REML") as.numeric(determinant(A)$modulus) else 0
  }
}

by_nlme <- function(case, long) {
  x <- design(case, long); form <- structure_of(case, long); y <- long$value
  data <- cbind(form$long, x)
  model <- as.formula(paste("value ~ 0 +", paste(colnames(x), collapse = " + ")))
  f <- deviance_of(form, x, y, case$likelihood)
  p <- rep(0.3, form$n); if (grepl("exponential", case$covariance)) p <- log(10)
  if (form$hetero) p <- c(p, rep(0, form$V - 1))
  p <- nlminb(p, f, control = list(rel.tol = 1e-13, eval.max = 5000, iter.max = 2000))$par
  for (step in 1:3) p <- p - drop(solve(numDeriv::hessian(f, p), numDeriv::grad(f, p)))
  ratios <- if (form$hetero) setNames(exp(p[-seq_len(form$n)]), sort(unique(form$long$v))[-1])
  weights <- if (form$hetero) varIdent(form = ~ 1 | v, fixed = ratios)
  # Names of varIdent's strata go by the order in which they occur: the first visit must come first.
  fit <- gls(model, data, correlation = form$fixed(p[seq_len(form$n)]), weights = weights,
             method = case$likelihood)
  stopifnot(abs(-2 * as.numeric(logLik(fit)) - f(p)) < 1e-6)
  b <- coef(fit); terms <- effect_terms(names(b), form$V, case)
  # gls enlarges its covariance under ML by N / (N - p): taken back.
  shrink <- if (case$likelihood == "ML") sqrt((length(y) - ncol(x)) / length(y)) else 1
  k <- ncol(x) + length(p) + 1
  free <- length(y) - if (case$likelihood == "REML") ncol(x) else 0
  do.call(rbind, lapply(names(terms), function(week) {
    w <- terms[[week]]
    data.frame(software = "nlme", distribution = "z", visit = as.numeric(week), estimate = sum(w * b),
               se = sqrt(drop(w %*% vcov(fit) %*% w)) * shrink, df = NA, log_likelihood = as.numeric(logLik(fit)),
               aic = f(p) + 2 * k, bic = f(p) + k * log(free))
  }))
}

# Weights of the effects by visit: a change where the baseline is an outcome, otherwise the difference at the visit.
effect_terms <- function(names, V, case) {
  if (grepl("baseline", case$covariates)) {
    visits <- 1 + seq_len(V)
    pick <- function(v) as.numeric(names == "treated") + as.numeric(names == paste0("occasion", v, ".treated"))
  } else {
    visits <- 2:V
    pick <- function(v) as.numeric(names == paste0("occasion", v, ".treated"))
  }
  setNames(lapply(visits, pick), visits)
}

by_lmer <- function(case, long) {
  x <- design(case, long); V <- length(unique(long$visit))
  data <- cbind(long[, c("value", "participant")], x)
  model <- as.formula(paste("value ~ 0 +", paste(colnames(x), collapse = " + "), "+ (1 | participant)"))
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5),
                         check.conv.singular = .makeCC("ignore", tol = 0))
  fit <- suppressWarnings(lmerTest::lmer(model, data, REML = case$likelihood == "REML", control = control))
  if (isSingular(fit, 1e-5) && case$method != "random_intercept") return(NULL)
  terms <- effect_terms(names(fixef(fit)), V, case)
  kinds <- c(satterthwaite = "Satterthwaite", if (case$likelihood == "REML") c(kenward_roger = "Kenward-Roger"))
  do.call(rbind, lapply(names(terms), function(week) do.call(rbind, lapply(names(kinds), function(kind) {
    test <- contest1D(fit, terms[[week]], ddf = kinds[[kind]])
    data.frame(software = "lmerTest", distribution = kind, visit = as.numeric(week), estimate = test[["Estimate"]],
               se = test[["Std. Error"]], df = test[["df"]], log_likelihood = as.numeric(logLik(fit)),
               aic = AIC(fit), bic = NA)
  }))))
}

# All effects together: lmerTest and pbkrtest; written with visit 0, the statistic as estimate, its df as se.
together_by_lmer <- function(case, long) {
  x <- design(case, long); V <- length(unique(long$visit))
  if (case$likelihood == "ML") return(NULL)
  data <- cbind(long[, c("value", "participant")], x)
  model <- as.formula(paste("value ~ 0 +", paste(colnames(x), collapse = " + "), "+ (1 | participant)"))
  fit <- suppressWarnings(lmerTest::lmer(model, data, control = lmerControl(optimizer = "bobyqa",
           optCtrl = list(rhoend = 1e-12, maxfun = 1e5), check.conv.singular = .makeCC("ignore", tol = 0))))
  if (isSingular(fit, 1e-5)) return(NULL)
  L <- do.call(rbind, effect_terms(names(fixef(fit)), V, case))
  do.call(rbind, lapply(c(satterthwaite = "Satterthwaite", kenward_roger = "Kenward-Roger"), function(ddf) {
    test <- contestMD(fit, L, ddf = ddf)
    data.frame(software = "lmerTest", distribution = sub("-", "_", tolower(ddf)), visit = 0,
               estimate = test[["F value"]], se = test[["NumDF"]], df = test[["DenDF"]], log_likelihood = NA, aic = NA, bic = NA)
  }))
}

# Marginal means of the random intercept with covariates, by emmeans; written with visit -v treated, -100 - v reference.
means_by_emmeans <- function(case, long) {
  if (case$likelihood == "ML") return(NULL)
  model <- update(fixed_effects(case), . ~ . + (1 | participant))
  fit <- suppressWarnings(lmerTest::lmer(model, long, control = lmerControl(optimizer = "bobyqa",
           optCtrl = list(rhoend = 1e-12, maxfun = 1e5), check.conv.singular = .makeCC("ignore", tol = 0))))
  found <- as.data.frame(emmeans(fit, ~ occasion + treated, at = list(treated = c(0, 1)), lmer.df = "kenward-roger"))
  data.frame(software = "emmeans", distribution = "kenward_roger",
             visit = -(as.numeric(as.character(found$occasion)) + ifelse(found$treated == 1, 0, 100)),
             estimate = found$emmean, se = found$SE, df = found$df, log_likelihood = NA, aic = NA, bic = NA)
}

by_lm <- function(case, long) {
  extra <- paste(strsplit(case$covariates, " ")[[1]], collapse = " + ")
  do.call(rbind, lapply(sort(unique(long$visit)), function(v) {
    own <- long[long$visit == v, ]
    model <- if (case$method == "ancova") "value ~ treated + baseline +" else "I(value - baseline) ~ treated +"
    fit <- lm(as.formula(paste(model, extra)), own)
    row <- coef(summary(fit))["treated", ]
    data.frame(software = "lm", distribution = "t", visit = v, estimate = row[[1]], se = row[[2]], df = fit$df.residual,
               log_likelihood = NA, aic = NA, bic = NA)
  }))
}

one_case <- function(case) {
  message(case$table, " ", case$likelihood)
  long <- long_table(case)
  found <- if (case$method %in% c("ancova", "change_score")) by_lm(case, long)
  else if (case$method == "random_intercept")
    rbind(by_lmer(case, long), together_by_lmer(case, long), means_by_emmeans(case, long))
  else rbind(by_nlme(case, long), if (case$covariance == "compound_symmetry") by_lmer(case, long))
  cbind(case[c("table", "likelihood")], found, row.names = NULL)
}

rows <- do.call(rbind, lapply(seq_len(nrow(cases)), function(number) one_case(cases[number, ])))
numbers <- vapply(rows, is.numeric, NA)
rows[numbers] <- lapply(rows[numbers], signif, 11)
packages <- c("nlme", "lme4", "lmerTest", "pbkrtest", "emmeans")
versions <- paste(packages, vapply(packages, function(name) as.character(packageVersion(name)), ""), collapse = ", ")
out <- file(file.path(folder, "references.csv"), "w")
writeLines(sprintf("# R %s.%s, %s", R.version$major, R.version$minor, versions), out)
write.csv(rows, out, row.names = FALSE, quote = FALSE, na = "")
close(out)
